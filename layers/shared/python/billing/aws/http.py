"""The HTTP door of a subsystem: validated, scoped, repeatable, and one body for every error."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from billing.aws import audit
from billing.aws.changes import IDEMPOTENCY, Changes
from billing.aws.context import Context
from billing.aws.errors import ConflictError, TooLargeError
from billing.aws.gateway import raw_body, too_long
from billing.aws.idempotency import Attempted, RepeatedError, attempted, earlier_answer
from billing.aws.identity import Identity, context_of, identity_of
from billing.aws.observability import logger, place_of
from billing.aws.problems import CONTENT_TYPE, FieldProblem, Problem, plain, problem, status_of
from billing.aws.scopes import ScopeError, Scopes
from billing.aws.strict_json import LARGEST_BODY, StrictJsonError, strict_loads
from billing.aws.table import own_table
from billing.core.errors import RuleError

Handler = TypeVar("Handler", bound=Callable[..., Any])

_PROBLEMS: Any = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {CONTENT_TYPE: {"model": Problem}},
    }
    for status in (400, 401, 403, 404, 409, 413, 415, 422)
}


@dataclass(slots=True)
class Request:
    """What is known of the request under way."""

    id: str
    identity: Identity | None
    what: str
    body: bytes
    why: str | None = None
    changes: Changes | None = None
    attempted: Attempted | None = None
    secret: str | None = None


class Api:
    """The Lambda handler of one subsystem's HTTP routes, `/<subsystem>/...`."""

    def __init__(self, subsystem: str, title: str, *, largest: int = LARGEST_BODY) -> None:
        self.subsystem = subsystem
        self.largest = largest
        self.resolver = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=self._parse)
        self.resolver.enable_swagger(path=f"/{subsystem}/docs", title=title, version="1")
        self._scopes = Scopes()
        self._request: Request | None = None
        self._register_errors()
        self._register_audit()

    @property
    def request(self) -> Request:
        """The request under way."""
        if self._request is None:
            raise RuntimeError("no request is under way")
        return self._request

    @property
    def identity(self) -> Identity:
        """Who calls; on a route without credential there is nobody to ask for."""
        if self.request.identity is None:
            raise RuleError("credential_required", "this route needs a credential")
        return self.request.identity

    @property
    def context(self) -> Context:
        """The frame of the work this request begins."""
        return context_of(self.identity, self.request.id)

    @property
    def key(self) -> str:
        """The caller's Idempotency-Key: what a write creates can be named after it."""
        if self.request.attempted is None:
            raise RuntimeError("only a write has an Idempotency-Key")
        return f"{self.identity.key} {self.request.attempted.key}"

    def refuse(self, scope: str) -> NoReturn:
        """End the request with a 403 that names the scope it lacks."""
        raise ScopeError(scope)

    def tell_once(self, field: str) -> None:
        """Keep the answer without this field, a secret: whoever asks again reads null."""
        self.request.secret = field

    def changes(self) -> Changes:
        """The unit of work of this request; it is committed with its answer."""
        if self.request.changes is None:
            self.request.changes = Changes(own_table(), self.context)
        return self.request.changes

    def get(self, path: str, *, scope: str, **more: Any) -> Callable[[Handler], Handler]:
        """A route that reads."""
        return self._route("GET", path, scope, writes=False, status=200, more=more)

    def ask(self, path: str, *, scope: str, **more: Any) -> Callable[[Handler], Handler]:
        """A route that answers a question too large for an address: POST, but nothing is written."""
        return self._route("POST", path, scope, writes=False, status=200, more=more)

    def post(self, path: str, *, scope: str, status: int = 200, **more: Any) -> Callable[[Handler], Handler]:
        """A route that writes; its caller sends an Idempotency-Key."""
        return self._route("POST", path, scope, writes=True, status=status, more=more)

    def put(self, path: str, *, scope: str, **more: Any) -> Callable[[Handler], Handler]:
        """A route that replaces; its caller sends an Idempotency-Key."""
        return self._route("PUT", path, scope, writes=True, status=200, more=more)

    def delete(self, path: str, *, scope: str, **more: Any) -> Callable[[Handler], Handler]:
        """A route that ends something; its caller sends an Idempotency-Key."""
        return self._route("DELETE", path, scope, writes=True, status=200, more=more)

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one request of the HTTP API (payload 2.0)."""
        http: dict[str, str] = event["requestContext"]["http"]
        body = raw_body(event)
        what = f"{http['method']} {event['rawPath']}"
        request = Request(event["requestContext"]["requestId"], identity_of(event), what, body)
        self._request = request
        if len(body) > self.largest:
            reply = problem(413, "too_large", f"at most {self.largest} bytes", request.id)
            return plain(reply)
        if too_long(event):
            return plain(problem(404, "not_found", "Not found", request.id))
        scope = self._scopes.of(http["method"], event["rawPath"])
        if scope and request.identity and not request.identity.may(scope):
            return plain(_scope_missing(scope, request.id))
        while (answer := self._committed(self.resolver.resolve(event, context))) is None:
            pass
        logger.info("answered", extra={"status": answer["statusCode"], "request": request.id})
        return answer

    def _route(
        self, method: str, path: str, scope: str, *, writes: bool, status: int, more: dict[str, Any]
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            @functools.wraps(handler)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                if not self.identity.may(scope):
                    self.refuse(scope)
                if writes:
                    self._begin_write()
                return handler(*args, **kwargs)

            # The types are names in the handler's own module, and the wrapper lives in this one.
            self._scopes.add(method, path, scope)
            guarded.__signature__ = inspect.signature(handler, eval_str=True)  # type: ignore[attr-defined]
            self.resolver.route(
                path,
                method,
                summary=(handler.__doc__ or "").strip().split("\n")[0],
                status_code=status,
                tags=[self.subsystem],
                responses={status: {"description": "Done"}, **_PROBLEMS},
                **more,
            )(guarded)
            return handler

        return register

    def _begin_write(self) -> None:
        """Find the answer given before, or remember what is asked."""
        request, headers = self.request, self.resolver.current_event.headers
        asked = f"{request.what} ".encode() + request.body
        write = attempted(self.identity.tenant, self.identity.key, headers.get("idempotency-key"), asked)
        answer = earlier_answer(own_table(), write)
        if answer is not None:
            raise RepeatedError(answer)
        request.why = audit.reason(headers.get("audit-reason"))
        request.attempted = write

    def _committed(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        """Commit the request's changes together with its answer, or say why not; None: decide it again."""
        request = self.request
        if request.attempted is None or answer["statusCode"] >= HTTPStatus.BAD_REQUEST:
            return answer
        changes = self.changes()
        audit.record(changes, request.what, request.why)
        changes.remember(request.attempted.answer(answer["statusCode"], answer["body"], request.secret))
        try:
            changes.commit()
        except ConflictError as conflict:
            again = changes.attempt.again(changes.spare, conflict.labels)
            if again is None:
                return self._beaten(conflict)
            request.changes, request.attempted = Changes(own_table(), self.context, attempt=again), None
            return None
        except TooLargeError as error:
            return plain(problem(422, "too_much_at_once", str(error), request.id))
        return answer

    def _beaten(self, conflict: ConflictError) -> dict[str, Any]:
        """Somebody wrote first: the same request (its answer is ours), or another one."""
        write = self.request.attempted
        if IDEMPOTENCY in conflict.labels and write is not None:
            try:
                earlier = earlier_answer(own_table(), write)
            except RuleError as error:
                return plain(problem(422, error.code, str(error), self.request.id))
            if earlier is not None:
                return plain(_repeated(earlier))
        detail = f"changed meanwhile: {', '.join(conflict.labels)}; read again and retry"
        return plain(problem(409, "conflict", detail, self.request.id))

    def _parse(self, text: str) -> Any:
        return strict_loads(text.encode(), largest=self.largest)

    def _register_audit(self) -> None:
        @self.get(f"/{self.subsystem}/audit", scope="audit:read")
        def read_audit(day: date, cursor: str | None = None) -> audit.AuditPage:  # pyright: ignore[reportUnusedFunction]
            """Who changed what on a day (UTC), when and why."""
            return audit.page(own_table(), self.identity.tenant, day, cursor)

    def _register_errors(self) -> None:
        handle = self.resolver.exception_handler

        @handle(RepeatedError)
        def repeated(error: RepeatedError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return _repeated(error.answer)

        @handle(ScopeError)
        def forbidden(error: ScopeError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return _scope_missing(str(error), self.request.id)

        @handle(RuleError)
        def rule(error: RuleError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            status = status_of(error)
            fields = (
                [FieldProblem(field=error.field, code=error.code, message=str(error))] if error.field else []
            )
            return problem(status, error.code, str(error), self.request.id, fields)

        @handle(StrictJsonError)
        def unreadable(error: StrictJsonError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return problem(400, "json_invalid", str(error), self.request.id)

        @handle(ConflictError)
        def conflict(error: ConflictError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return problem(409, "conflict", f"changed meanwhile: {error}", self.request.id)

        @handle(RequestValidationError)
        def invalid(error: RequestValidationError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return self._invalid(error)

        @handle(RequestUnsupportedContentType)
        def unsupported(_: RequestUnsupportedContentType) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return problem(415, "unsupported_content_type", "send application/json", self.request.id)

        @handle(ServiceError)
        def service(error: ServiceError) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            return problem(error.status_code, "not_found", str(error.msg), self.request.id)  # pyright: ignore[reportUnknownArgumentType]

        @handle(Exception)
        def failed(error: Exception) -> Response[Any]:  # pyright: ignore[reportUnusedFunction]
            logger.error("failed", extra={"error": type(error).__name__, "place": place_of(error)})
            return problem(500, "internal", "the error was logged", self.request.id)

    def _invalid(self, error: RequestValidationError) -> Response[Any]:
        """A request that does not fit its schema; values are not repeated."""
        found = [
            FieldProblem(
                field=".".join(str(part) for part in item["loc"]),
                code=item["type"],
                message=item.get("msg", item["type"]),
            )
            for item in error.errors()
        ]
        unreadable = any(item.code == "json_invalid" for item in found)
        status, code = (400, "json_invalid") if unreadable else (422, "invalid")
        detail = "; ".join(f"{item.field}: {item.message}" for item in found[:5])
        return problem(status, code, detail, self.request.id, found)


def _scope_missing(scope: str, request: str) -> Response[Any]:
    return problem(403, "scope_missing", f"needs the scope {scope}", request)


def _repeated(answer: dict[str, Any]) -> Response[Any]:
    """An earlier answer, told as what it is."""
    headers = {"Idempotent-Replayed": "true"}
    return Response(answer["status"], "application/json", answer["body"], headers=headers)  # pyright: ignore[reportArgumentType]
