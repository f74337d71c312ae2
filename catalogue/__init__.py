"""The catalogue as code: a file in git; `plan` shows what publishing it changes, `apply` does just that."""
