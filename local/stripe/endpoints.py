"""Teaches who listens: webhook endpoints with their secrets, and the list of what was said."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from local.stripe.account import API_VERSION, Account
from local.stripe.errors import InvalidRequestError, Object
from local.stripe.payment_methods import merged

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def create(account: Account, params: Object) -> Object:
    """A new endpoint; its secret is told this once."""
    if params.get("api_version", API_VERSION) != API_VERSION:
        message = f"The simulator tells events as of {API_VERSION} only."
        raise InvalidRequestError(message, code="simulator_unsupported", param="api_version")
    endpoint = account.new(
        "webhook_endpoint",
        api_version=API_VERSION,
        description=params.get("description") or None,
        enabled_events=_events(params["enabled_events"]),
        metadata=merged({}, params.get("metadata", {})),
        status="enabled",
        url=_address(params["url"]),
    )
    del endpoint["secret"]
    secret = f"whsec_{account.store.token(endpoint['id'])}"
    account.store.hide(f"secret/{endpoint['id']}", secret)
    return account.save(endpoint) | {"secret": secret}


def _events(wanted: list[str]) -> list[str]:
    if not wanted:
        raise InvalidRequestError("Name at least one event, or `*`.", param="enabled_events")
    return wanted


def _address(url: str) -> str:
    """The simulator only ever speaks to programs on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidRequestError(
            "Invalid URL: it cannot be read.", code="url_invalid", param="url"
        ) from None
    if parts.scheme != "http" or not host:
        raise InvalidRequestError("Invalid URL: it must begin with http://.", code="url_invalid", param="url")
    if host not in LOOPBACK and not host.endswith(".localhost"):
        message = "The simulator only notifies programs on this machine: use http://127.0.0.1:<port>/..."
        raise InvalidRequestError(message, code="url_invalid", param="url")
    return url


def retrieve(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One endpoint, without its secret."""
    return account.get("webhook_endpoint", id_)


def update(account: Account, params: Object, id_: str) -> Object:
    """Another address, other events, or a pause."""
    endpoint = account.get("webhook_endpoint", id_)
    fields = {"description": params["description"] or None} if "description" in params else {}
    if "url" in params:
        fields["url"] = _address(params["url"])
    if "enabled_events" in params:
        fields["enabled_events"] = _events(params["enabled_events"])
    if "disabled" in params:
        fields["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        fields["metadata"] = merged(endpoint["metadata"], params["metadata"])
    return account.save(endpoint | fields)


def delete(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """Stop telling this endpoint anything."""
    account.get("webhook_endpoint", id_)
    account.store.execute("DELETE FROM deliveries WHERE endpoint = ? AND state = 'pending'", id_)
    account.store.remove(id_)
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}


def page(account: Account, params: Object) -> Object:
    """Endpoints, newest first, without their secrets."""
    return account.page("webhook_endpoint", params, "/v1/webhook_endpoints")


def event(account: Account, params: Object, id_: str) -> Object:  # noqa: ARG001
    """One event."""
    return account.get("event", id_)


def events(account: Account, params: Object) -> Object:
    """Events, newest first; of some types if they are given."""
    wanted = params.get("types") or [params.get("type", "*")]
    return account.page(
        "event", params, "/v1/events", lambda one: any(fnmatchcase(one["type"], type_) for type_ in wanted)
    )
