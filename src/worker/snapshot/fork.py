# Sets up what an initialised runtime's fork cannot set up itself, as the runtime has no privileges and runs the
# function's code: which user it is, its cgroups' owner, its /tmp and its /proc. JSON lines in, JSON lines out.
#
# A fork (runtimes/python/lambdad_runtime/fork.py) connects to its template's socket. The kernel tells which process it
# is. Then, turn by turn:
#
#   fork                              here
#                                 <-  which user it is to be
#   l: has left its namespaces    ->  who it may become, in its user namespace
#                                 <-  go on
#   f: has started the first
#   process of its namespace      ->  mounts its /tmp and its /proc, hides the sockets of other forks
#   s: has forked who serves      ->  reports that it is furnished
#                                 <-  to who serves: what environment it is to be, with its output, its log channel and
#                                     its connection to the Runtime API
#   e: how that ended             ->  reports it
#
# One is always furnished ahead, and only the last turns are left when it is wanted.
import ctypes
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)

NEWNS, NEWPID, NEWUSER = 0x20000, 0x20000000, 0x10000000
NOSUID, NODEV, NOEXEC, RDONLY, BIND, REMOUNT = 2, 4, 8, 1, 4096, 32
FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT = 430, 431, 432, 429  # the same on all architectures
FSCONFIG_CMD_CREATE = 6
MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 2, 4, 8
MOVE_MOUNT_F_EMPTY_PATH = 4
NOWHERE = -100

#: Of whoever connects and says nothing.
CONNECTIONS_MAX = 256

own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
selector = selectors.DefaultSelector()
templates = {}
running = {}


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def mount(source, target, kind, flags, data=None):
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    checked(libc.mount(*texts, ctypes.c_ulong(flags), None if data is None else data.encode()))


def tell(message):
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        os._exit(0)  # the daemon is gone


class Fork:
    """One on its way, and then the first process of it."""

    def __init__(self, connection, template):
        self.connection = connection
        self.template = template
        pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self.pid = pid
        self.wrong = uid != template["uid"]
        self.preparation = None
        self.order = None
        self.first = None
        self.serving = None

    def hear(self):
        try:
            data = self.connection.recv(256)
            if not data:
                return self.ended({"signal": "SIGKILL"} if self.first else {"error": "a fork ended early"})
            if self.preparation is None:
                return self.ended({})
            for byte in data[:1] if data[:1] == b"e" else data:
                self.TURNS[chr(byte)](self, data)
        except (OSError, ValueError, LookupError) as error:
            self.ended({"error": f"{type(error).__name__}: {error}"})

    def prepare(self, preparation):
        self.preparation = preparation
        uid = preparation["uid"]
        self.template["prepared"][uid] = self
        self.connection.send(uid.to_bytes(4, "big"))
        if uid in self.template["expected"]:
            self.become(self.template["expected"].pop(uid))

    def become(self, order):
        """As soon as it is furnished."""
        self.order = order
        running[order["id"]] = self
        if self.serving is None:
            return
        output, frames = (os.open(order[name], os.O_WRONLY) for name in ("output", "frames"))
        with socket.socket(socket.AF_UNIX) as api:
            try:
                api.connect(order["api"])
                told = json.dumps(order["told"]).encode()
                message = len(told).to_bytes(4, "big") + told
                socket.send_fds(self.connection, [message], [output, frames, api.fileno()])
            finally:
                os.close(output)
                os.close(frames)
        tell({"launched": order["id"], "pid": self.pid, "serving": self.serving})

    def left_namespaces(self, _):
        uid, gid = self.preparation["uid"], self.preparation["gid"]
        # It is root to itself until it becomes the environment's user, which takes all rights away.
        with open(f"/proc/{self.pid}/uid_map", "w") as uids:
            uids.write(f"0 {self.template['uid']} 1\n{uid} {uid} 1\n")
        with open(f"/proc/{self.pid}/gid_map", "w") as gids:
            gids.write(f"{gid} {gid} 1\n")
        self.connection.send(b"2")

    def has_first_process(self, _):
        self.first = os.pidfd_open(self.children()[0])
        names = ("pid_for_children", "mnt", "user")
        spaces = [os.open(f"/proc/{self.pid}/ns/{name}", os.O_RDONLY) for name in names]
        done, tell_done = os.pipe()
        try:
            os.setns(spaces[0], NEWPID)
            if os.fork() == 0:
                furnish_and_exit(self.preparation, spaces, tell_done)
            os.setns(own_pid_namespace, NEWPID)
            os.close(tell_done)
            # Its end, which nobody waits for, takes as long again.
            if os.read(done, 1) != b"1":
                raise OSError("its file system could not be set up")
        finally:
            for fd in (done, *spaces):
                os.close(fd)

    def has_forked(self, _):
        self.serving = self.children()[1]
        if self.order is None:
            tell({"furnished": self.template["socket"], "uid": self.preparation["uid"]})
        else:
            self.become(self.order)

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as children:
            return [int(pid) for pid in children.read().split()]

    def has_ended(self, data):
        code, number = (int(word) for word in data[1:].split())
        self.ended({"signal": signal.Signals(number).name} if number else {"code": code})

    TURNS = {"l": left_namespaces, "f": has_first_process, "s": has_forked, "e": has_ended}

    def ended(self, how):
        selector.unregister(self.connection)
        self.connection.close()
        if self in self.template["spare"]:
            self.template["spare"].remove(self)
        uid = None if self.preparation is None else self.preparation["uid"]
        self.template["prepared"].pop(uid, None)
        if self.first is not None:
            kill(self.first)
            os.close(self.first)
        if self.order is None:
            tell({"lost": self.template["socket"], "uid": uid})
        else:
            running.pop(self.order["id"], None)
            tell({"exited": self.order["id"], **how})


def furnish_and_exit(order, spaces, done):
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        furnish(order, spaces)
        os.write(done, b"1")
        os._exit(0)
    except BaseException as error:
        sys.stderr.write(f"lambdad: a fork could not be set up: {error!r}\n")
        os._exit(1)


def furnish(order, spaces):
    """All rights are the host's still. /proc is to show the process namespace that this process is in."""
    left = None if order["from"] is None else os.open(order["from"], os.O_RDONLY | os.O_DIRECTORY)
    # Mounted from inside the kernel would ask for a /proc of which nothing is hidden.
    kind = checked(libc.syscall(FSOPEN, b"proc", 0))
    checked(libc.syscall(FSCONFIG, kind, FSCONFIG_CMD_CREATE, None, None, 0))
    flags = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
    proc = checked(libc.syscall(FSMOUNT, kind, 0, flags))
    os.setns(spaces[1], NEWNS)
    checked(libc.syscall(MOVE_MOUNT, proc, b"", NOWHERE, b"/proc", MOVE_MOUNT_F_EMPTY_PATH))
    template = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY)
    size = f"size={order['temporaryMb']}m,mode=1777"
    mount("tmpfs", "/tmp", "tmpfs", NOSUID | NODEV, size)
    # What the init wrote is in the /tmp of each, as in a snapshot; what a runtime before this one left comes first.
    source = template if left is None else left
    if os.listdir(source):
        subprocess.run(["/bin/cp", "-a", f"/proc/self/fd/{source}/.", "/tmp/"], pass_fds=[source], stderr=-3)
        subprocess.run(["/bin/chown", "-hR", f"{order['uid']}:{order['gid']}", "/tmp"])
        os.chown("/tmp", 0, 0)
        os.chmod("/tmp", 0o1777)
    mount("tmpfs", order["hidden"], "tmpfs", RDONLY | NOSUID | NODEV, "size=4k,mode=755")
    # Its filter lets it leave its namespaces, which it has done: never again.
    os.setns(spaces[2], NEWUSER)
    with open("/proc/sys/user/max_user_namespaces", "w") as most:
        most.write("0")


def accept(template):
    connection, _ = template["listener"].accept()
    if len(selector.get_map()) > CONNECTIONS_MAX + len(running):
        return connection.close()
    fork = Fork(connection, template)
    if fork.wrong:
        return connection.close()
    selector.register(connection, selectors.EVENT_READ, fork.hear)
    template["spare"].append(fork)
    match(template)


def match(template):
    """Gives those that connected users to be."""
    while template["spare"] and template["wanted"]:
        attempt(template["spare"].pop(0), Fork.prepare, template["wanted"].pop(0))


def attempt(fork, what, order):
    try:
        what(fork, order)
    except OSError as error:
        fork.ended({"error": f"{type(error).__name__}: {error}"})


def open_template(order):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(order["socket"])
    os.chmod(order["socket"], 0o666)
    listener.listen(64)
    template = {"listener": listener, "spare": [], "wanted": [], "prepared": {}, "expected": {}, **order}
    templates[order["socket"]] = template
    selector.register(listener, selectors.EVENT_READ, lambda: accept(template))
    tell({"opened": order["socket"]})


def close_template(order):
    template = templates.pop(order["socket"], None)
    if template is None:
        return
    selector.unregister(template["listener"])
    template["listener"].close()
    for order in template["expected"].values():
        tell({"exited": order["id"], "signal": "SIGKILL"})


def kill(pidfd):
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    except OSError:
        pass  # it has ended by itself


def terminate(order):
    fork = running.get(order["id"])
    try:
        if fork is not None:
            os.kill(fork.children()[1], signal.SIGTERM)
    except (OSError, IndexError):
        pass


def end(order):
    fork = running.get(order["id"])
    if fork is not None:
        return fork.ended({"signal": "SIGKILL"}) if fork.first is None else kill(fork.first)
    for template in templates.values():
        for uid, expected in template["expected"].items():
            if expected["id"] == order["id"]:
                template["wanted"] = [wanted for wanted in template["wanted"] if wanted["uid"] != uid]
                del template["expected"][uid]
                return tell({"exited": order["id"], "signal": "SIGKILL"})


def prepare(order):
    template = templates.get(order["template"])
    if template is None:
        return tell({"lost": order["template"], "uid": order["uid"]})
    template["wanted"].append(order)
    match(template)


def abandon(order):
    template = templates.get(order["template"], {"prepared": {}})
    fork = template["prepared"].get(order["uid"])
    if fork is not None:
        fork.ended({})


def expect(order):
    template, uid = templates.get(order["template"]), order["uid"]
    if template is None:
        return tell({"exited": order["id"], "error": "there is no such template"})
    if uid in template["prepared"]:
        return attempt(template["prepared"][uid], Fork.become, order)
    if not any(wanted["uid"] == uid for wanted in template["wanted"]):
        return tell({"exited": order["id"], "error": "its fork has ended"})
    template["expected"][uid] = order


DO = {
    "open": open_template,
    "close": close_template,
    "prepare": prepare,
    "abandon": abandon,
    "expect": expect,
    "kill": end,
    "terminate": terminate,
}

rest = b""


def hear_daemon():
    global rest
    data = os.read(0, 65536)
    if not data:
        os._exit(0)
    *lines, rest = (rest + data).split(b"\n")
    for line in lines:
        order = json.loads(line)
        DO[order["do"]](order)


# Children are not waited for.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
selector.register(0, selectors.EVENT_READ, hear_daemon)
while True:
    for key, _ in selector.select():
        key.data()
