"""What a caller reads when something is wrong: RFC 9457 problem details with a stable code."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from billing.core.errors import ConflictError, NotFoundError, RuleError

CONTENT_TYPE = "application/problem+json"

_TITLES = {
    400: "The request cannot be read",
    401: "The credential is missing or not valid",
    403: "The credential does not allow this",
    404: "There is no such thing",
    405: "The method is not allowed here",
    409: "Something else was faster, or stands in the way",
    413: "The request is too large",
    415: "The content type is not supported",
    422: "The request cannot be carried out as it is",
    500: "Something is wrong on our side",
    502: "The payment provider did not answer as expected",
}


class FieldProblem(BaseModel):
    """One field that is wrong: where it is, a stable code, and what to do about it."""

    field: str = Field(examples=["body.plans.0.prices.1.tiers"])
    code: str = Field(examples=["extra_forbidden"])
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457); branch on `code`, never on text."""

    type: str = Field(examples=["urn:billing:problem:unknown_plan"])
    title: str
    status: int
    code: str = Field(examples=["unknown_plan"])
    detail: str
    request_id: str
    errors: list[FieldProblem] = []


def problem(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    errors: list[FieldProblem] | None = None,
) -> Response[Any]:
    """The response that carries a problem."""
    body = Problem(
        type=f"urn:billing:problem:{code}",
        title=_TITLES.get(status, "The request failed"),
        status=status,
        code=code,
        detail=detail,
        request_id=request_id,
        errors=errors or [],
    )
    return Response(status_code=status, content_type=CONTENT_TYPE, body=body.model_dump_json())


def plain(response: Response[Any]) -> dict[str, Any]:
    """A response in the shape the gateway wants."""
    headers = {"content-type": response.headers.get("Content-Type", CONTENT_TYPE)}
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}


_OF_THE_REQUEST = frozenset({"audit_reason_invalid", "idempotency_key_required", "idempotency_key_invalid"})


def status_of(error: RuleError) -> int:
    """The HTTP status of a broken rule."""
    if error.code in _OF_THE_REQUEST:
        return HTTPStatus.BAD_REQUEST
    if error.code == "credential_required":
        return HTTPStatus.UNAUTHORIZED
    match error:
        case NotFoundError():
            return HTTPStatus.NOT_FOUND
        case ConflictError():
            return HTTPStatus.CONFLICT
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY
