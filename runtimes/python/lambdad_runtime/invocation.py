"""One invocation: event and context in, result or error out."""

import os

from lambdad_runtime import marshal
from lambdad_runtime.client import Result
from lambdad_runtime.context import context_of


class _Current:
    """Whose log lines these are; before the first invocation, nobody's."""

    request_id = None
    tenant_id = None

    def enter(self, invocation):
        headers = invocation.headers
        self.request_id = invocation.request_id
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        trace = headers.get("lambda-runtime-trace-id")
        if trace is not None:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)


current = _Current()


def answer(handler, invocation):
    """Calls the handler. What is no `Exception`, as SystemExit, ends the process instead, as on Lambda."""
    try:
        context = context_of(invocation)
        event = marshal.parse_event(invocation.body, invocation.headers.get("content-type"))
        body, content_type = marshal.to_response(handler(event, context))
        return Result("response", body, f"Content-Type: {content_type}\r\n")
    except Exception as error:
        from lambdad_runtime import errors

        report = errors.report(error, invocation.request_id)
        errors.log(report)
        return report
