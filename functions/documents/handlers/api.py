"""The HTTP routes of documents: what there is of each customer, how it looks, and the links that open it."""

from __future__ import annotations

from billing.aws.http import Api
from documents.routes import documents, looks

handler = api = Api("documents", "Documents", largest=400_000)

documents.register(api)
looks.register(api)
