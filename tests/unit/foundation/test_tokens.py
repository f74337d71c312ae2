from foundation.tokens import matches, new_token, read_token


def test_a_token_is_read_back_and_proves_itself():
    token = new_token(sandbox=True)

    assert token.text.startswith("bk_test_")
    assert read_token(token.text) == token
    assert matches(token, token.digest)


def test_one_changed_character_is_seen_without_a_look_up():
    text = new_token(sandbox=False).text
    changed = text[:-1] + ("0" if text[-1] != "0" else "1")

    assert read_token(changed) is None


def test_what_is_no_token_is_none():
    for text in ("", "bk_test_", "Bearer x", "bk_live_" + "g" * 16 + "_" + "0" * 48, "１" * 73):
        assert read_token(text) is None


def test_the_secret_is_not_in_what_is_stored():
    token = new_token(sandbox=True)

    assert token.secret not in token.digest
    assert len(token.secret) == 40  # 160 bits
