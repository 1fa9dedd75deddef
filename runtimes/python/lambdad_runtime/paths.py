"""Where modules come from: the function first, then its layers, then the interpreter's own folders."""

import os
import sys
from _frozen_importlib_external import PathFinder

_STDLIB_FOLDER = getattr(sys, "_stdlib_dir", None) or os.path.dirname(os.__file__)
_OWN_SITE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "site")
_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"

#: Of the standard library alone: what the runtime imports is never a module of the function's.
_stdlib = [p for p in sys.path if p.startswith(_STDLIB_FOLDER) or p.endswith(".zip")]


def arrange(task_root, layers_root):
    """In Lambda's order. Python is started without `site`, which would cost a tenth of the boot: its part is
    done here, but for .pth files, which are not read."""
    layers = [f"{layers_root}/python/lib/{_VERSION}/site-packages", f"{layers_root}/python"]
    sys.path[0:0] = [task_root, *layers]
    if sys.flags.no_site:
        sys.path += _site_packages()
        _add_builtins()
    # What Lambda has besides: snapshot_restore_py.
    sys.path.append(_OWN_SITE)


def _site_packages():
    if sys.prefix == "/usr" and os.path.isdir("/usr/lib/python3/dist-packages"):
        return [f"/usr/local/lib/{_VERSION}/dist-packages", "/usr/lib/python3/dist-packages"]
    own = f"{sys.prefix}/lib/{_VERSION}/site-packages"
    # Debian's packages, boto3 among them, are for its own version of Python.
    return [own, "/usr/lib/python3/dist-packages"] if os.path.isdir(f"/usr/lib/{_VERSION}") else [own]


def _add_builtins():
    import builtins

    import _sitebuiltins

    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.help = _sitebuiltins._Helper()


def import_stdlib(name):
    """A module of the standard library, even where the function has one of the same name."""
    if name not in sys.modules:
        own, sys.path[:] = sys.path[:], _stdlib
        try:
            __import__(name)
        finally:
            sys.path[:] = own
    return sys.modules[name]


def when_logging_is_imported(set_up):
    """Calls `set_up` as soon as somebody imports logging: many functions never do."""
    if "logging" in sys.modules:
        set_up()
    else:
        sys.meta_path.insert(0, _LoggingFinder(set_up))


class _LoggingFinder:
    def __init__(self, set_up):
        self._set_up = set_up

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, _stdlib)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_set_up(module):
            own, sys.path[:] = sys.path[:], _stdlib
            try:
                execute(module)
                self._set_up()
            finally:
                sys.path[:] = own

        spec.loader.exec_module = execute_and_set_up
        return spec
