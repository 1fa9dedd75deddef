"""The context object that handlers get."""

import os
import time

from lambdad_runtime import marshal
from lambdad_runtime.load import Fault


class _Fields:
    """Has the attributes that `__slots__` names, each None where it was not given."""

    __slots__ = ()

    def __init__(self, given=None):
        for name in self.__slots__:
            setattr(self, name, None if given is None else given.get(name))

    def __repr__(self):
        fields = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{fields}])"


class CognitoIdentity(_Fields):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Fields):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Fields):
    __slots__ = ("custom", "env", "client")


#: Of an environment that started from a snapshot, whose variables do not have them.
log_names = None


class LambdaContext:
    def __init__(self, invocation, deadline_ms, client_context, identity):
        environ = os.environ
        headers = invocation.headers
        self.aws_request_id = invocation.request_id
        group, stream = log_names or (None, None)
        self.log_group_name = group or environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = stream or environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = client_context
        self.identity = identity
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        from lambdad_runtime import sink

        sink.write(str(message))

    def __repr__(self):
        shown = (name for name in vars(self) if not name.startswith("_"))
        fields = ",".join(f"{name}={getattr(self, name)}" for name in shown)
        return f"LambdaContext([{fields}])"


def context_of(invocation):
    headers = invocation.headers
    client_context = _parse(headers.get("lambda-runtime-client-context"), "Client Context")
    cognito = _parse(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity")
    deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))
    return LambdaContext(invocation, deadline_ms, _client_context(client_context), _identity(cognito))


def _parse(text, name):
    if not text:
        return None
    try:
        return marshal.loads(text)
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}")


def _client_context(given):
    if given is None:
        return None
    made = ClientContext(given)
    if made.client is not None:
        made.client = Client(made.client)
    return made


def _identity(given):
    made = CognitoIdentity()
    if given is not None:
        made.cognito_identity_id = given.get("cognitoIdentityId")
        made.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")
    return made
