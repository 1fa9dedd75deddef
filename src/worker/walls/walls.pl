# The walls helper: resident, root, in few words what bubblewrap, nsenter, setpriv and env do one after the other. It
# makes each sandbox in a fork of itself, and so needs one exec where they need five: 1 ms instead of 6.
# Perl, since every Debian has it (perl-base), and without modules, which would double its start.
#
# Orders come on the standard input, each a length in four bytes and then its words, NUL between them; answers go out as
# lines (walls.ts has both). A sandbox is two processes: the first of its process namespace, a fork of this one without
# a right, which takes in what others leave behind; and its child, which becomes the runtime. With either all end.
use strict;
use warnings;

my ($arch, $base, $filter_file) = @ARGV;

# System calls, x86-64 and arm64; from open_tree on they have the same numbers everywhere.
my %NUMBERS = (
  mount => [165, 40], umount2 => [166, 39], pivot_root => [155, 41], unshare => [272, 97], setns => [308, 268],
  clone => [56, 220], sethostname => [170, 161], prctl => [157, 167], capset => [126, 91], setsid => [112, 157],
  setgroups => [116, 159], setresgid => [119, 149], setresuid => [117, 147], dup3 => [292, 24],
  rt_sigprocmask => [14, 135], signalfd4 => [289, 74],
  open_tree => [428, 428], move_mount => [429, 429], close_range => [436, 436], mount_setattr => [442, 442],
);
my %CALL = map { $_ => $NUMBERS{$_}[$arch eq 'arm64' ? 1 : 0] } keys %NUMBERS;

my ($NEWNS, $NEWNET, $NAMESPACES) = (0x20000, 0x40000000, 0x20000000 | 0x08000000 | 0x04000000 | 0x02000000);
my ($SIGCHLD, $SIGKILL, $SIGTERM) = (17, 9, 15);
my ($RDONLY, $NOSUID, $NODEV, $NOEXEC, $REMOUNT, $BIND) = (1, 2, 4, 8, 32, 4096);
my ($REC, $SLAVE, $DETACH) = (0x4000, 0x80000, 2);
my ($AT_FDCWD, $AT_EMPTY_PATH, $AT_RECURSIVE) = (-100, 0x1000, 0x8000);
my ($TREE_CLONE, $TREE_CLOEXEC, $FROM_EMPTY_PATH) = (1, 02000000, 4);
my ($PDEATHSIG, $NO_NEW_PRIVS, $BOUNDING_DROP, $SET_SECCOMP, $FILTERED) = (1, 38, 24, 22, 2);

my %running;    # by process: its id, and the cgroups that may have to be thawed
my %pid_of;     # by id

sub call {
  my ($name, @arguments) = @_;
  my $result = syscall($CALL{$name}, @arguments);
  die "$name: $!\n" if $result < 0;
  return $result;
}

sub slurp { open(my $file, '<', $_[0]) or die "$_[0]: $!\n"; local $/; return <$file> }

sub tell_daemon { my $line = "$_[0]\n"; syswrite(STDOUT, $line) // exit 0 }

sub failed { my ($how, $id, $why) = @_; $why =~ s/\s+/ /g; tell_daemon("$how $id $why") }

# Ctrl-C reaches the whole process group; the daemon decides when it is over.
$SIG{INT} = $SIG{TERM} = $SIG{PIPE} = 'IGNORE';
umask(022);
my $filter = slurp($filter_file);
my $last_right = 0 + slurp('/proc/sys/kernel/cap_last_cap');
# Ends of children are read as from a file: a signal could come right before the wait for it.
my $child_ended = pack('Q', 1 << ($SIGCHLD - 1));
call('rt_sigprocmask', 0, $child_ended, 0, 8);
open(my $ends, '<&=', call('signalfd4', -1, $child_ended, 8, $TREE_CLOEXEC)) or die "signalfd: $!\n";
# Its other end stays open for as long as this process lives.
pipe(my $still, my $alive) or die "pipe: $!\n";
fcntl($still, 4, 04000);
open(my $nothing, '<', '/dev/null') or die "/dev/null: $!\n";

# The file system -------------------------------------------------------------------------------------------------
sub mounted { my ($source, $target, $kind, $flags, $data) = @_; call('mount', $source, $target, $kind, $flags, $data // 0) }

# What is mounted at or below $source, as it is nowhere else, at $target: read-only, or with its devices.
sub bound {
  my ($source, $target, $attributes) = @_;
  my $tree = call('open_tree', $AT_FDCWD, $source, $TREE_CLONE | $TREE_CLOEXEC | $AT_RECURSIVE);
  my $set = pack('Q4', $attributes, 0, 0, 0);
  call('mount_setattr', $tree, '', $AT_EMPTY_PATH | $AT_RECURSIVE, $set, length($set));
  call('move_mount', $tree, '', $AT_FDCWD, $target, $FROM_EMPTY_PATH);
}

sub folder {
  my ($path) = @_;
  return if -d "$base$path";
  folder($1) if $path =~ m{^(/.+)/[^/]+$};
  mkdir("$base$path", 0755) or die "$path: $!\n";
}

sub file { open(my $made, '>', "$base$_[0]") or die "$_[0]: $!\n" }

sub placed {
  my ($source, $target) = @_;
  if (-d $source) { folder($target) }
  elsif (!-e "$base$target") {
    folder($1) if $target =~ m{^(/.+)/[^/]+$};
    file($target);
  }
  bound($source, "$base$target", $RDONLY | $NOSUID | $NODEV);
}

# As bubblewrap's --dev.
sub devices {
  mkdir("$base/dev", 0755) or die "/dev: $!\n";
  mounted('tmpfs', "$base/dev", 'tmpfs', $NOSUID, 'mode=755,size=64k');
  for my $name (qw(null zero full random urandom tty)) {
    file("/dev/$name");
    bound("/dev/$name", "$base/dev/$name", $NOSUID);
  }
  symlink("/proc/self/fd/$$_[0]", "$base/dev/$$_[1]") for [0, 'stdin'], [1, 'stdout'], [2, 'stderr'], ['', 'fd'];
  symlink('/proc/kcore', "$base/dev/core");
  mkdir("$base/dev/$_", 0755) for qw(shm pts);
  mounted('devpts', "$base/dev/pts", 'devpts', $NOSUID | $NOEXEC, 'newinstance,ptmxmode=0666,mode=620');
  symlink('pts/ptmx', "$base/dev/ptmx");
  mounted('', "$base/dev", '', $REMOUNT | $BIND | $RDONLY | $NOSUID | $NODEV);
}

# As bubblewrap's --proc: what only root could write is closed, too.
sub processes {
  mkdir("$base/proc", 0755) or die "/proc: $!\n";
  mounted('proc', "$base/proc", 'proc', $NOSUID | $NODEV | $NOEXEC);
  for my $name (grep { -e "$base/proc/$_" } qw(sys sysrq-trigger irq bus)) {
    bound("$base/proc/$name", "$base/proc/$name", $RDONLY | $NOSUID | $NODEV | $NOEXEC);
  }
}

sub furnish {
  my ($order) = @_;
  mounted('', '/', '', $REC | $SLAVE);
  mounted('tmpfs', $base, 'tmpfs', $NOSUID | $NODEV, 'mode=755,size=1m');
  for my $step (@{$order->{files}}) {
    my ($what, $path, $at) = split(/\t/, $step, 3);
    if ($what eq 'bind') { placed($path, $at) }
    elsif ($what eq 'link') { symlink($path, "$base$at") or die "$at: $!\n" }
    else { folder($path) }
  }
  processes();
  devices();
  folder('/tmp');
  mounted('tmpfs', "$base/tmp", 'tmpfs', $NOSUID | $NODEV, "mode=1777,size=$order->{temporary}");
  mounted('', $base, '', $REMOUNT | $BIND | $RDONLY | $NOSUID | $NODEV);
}

sub enter_root {
  chdir($base) or die "$base: $!\n";
  call('pivot_root', '.', '.');
  call('umount2', '.', $DETACH);
  chdir('/') or die "/: $!\n";
}

# The sandbox -----------------------------------------------------------------------------------------------------
sub joined {
  my ($file, $kind) = @_;
  open(my $space, '<', $file) or die "$file: $!\n";
  call('setns', fileno($space), $kind);
}

sub drop_rights { call('capset', pack('L l', 0x20080522, 0), pack('L6', (0) x 6)) }

# In a namespace of processes that has no other yet. It never returns.
sub wall_in {
  my ($order) = @_;
  call('prctl', $PDEATHSIG, $SIGKILL, 0, 0, 0);
  # The one who is to be outlived by nobody may have gone before that.
  close($alive);
  exit 1 if defined(sysread($still, my $end, 1));
  $0 = 'init';
  call('setsid');
  # /proc is the host's still.
  my $known_as = readlink('/proc/self');
  joined($order->{network}, $NEWNET) if $order->{network} ne '';
  joined($order->{mounts}, $NEWNS) if $order->{mounts} ne '';
  call('unshare', $NEWNS);
  call('sethostname', 'localhost', 9);
  furnish($order);
  # The daemon holds the reading ends already: opening for writing does not wait. What fails from here on cannot be done
  # by another: with its writer gone, a pipe is at its end.
  $order->{pipes} = [map { opened($_, '>') } $order->{output}, $order->{frames}];
  enter_root();
  tell_daemon("launched $order->{id} $known_as");
  call('prctl', $NO_NEW_PRIVS, 1, 0, 0, 0);
  my $child = fork() // die "fork: $!\n";
  become_runtime($order) if $child == 0;
  drop_rights();
  syscall($CALL{close_range}, 0, 0x7fffffff, 0);
  # It takes in whom others leave behind, until its child has ended: with it all do.
  while ((my $ended = waitpid(-1, 0)) > 0) {
    exit($? & 127 ? 128 + ($? & 127) : $? >> 8) if $ended == $child;
  }
  exit 1;
}

# What may fail comes before the descriptors are the function's.
sub become_runtime {
  my ($order) = @_;
  $SIG{$_} = 'DEFAULT' for qw(INT TERM PIPE);
  call('rt_sigprocmask', 2, pack('Q', 0), 0, 8);
  chdir($order->{folder}) or die "$order->{folder}: $!\n";
  call('prctl', $BOUNDING_DROP, $_, 0, 0, 0) for 0 .. $last_right;
  my ($uid, $gid) = (0 + $order->{uid}, 0 + $order->{gid});
  call('setgroups', 0, 0);
  call('setresgid', $gid, $gid, $gid);
  call('setresuid', $uid, $uid, $uid);
  drop_rights();
  %ENV = (PWD => $order->{folder}, @{$order->{variables}});
  my ($output, $frames) = map { fileno($_) } @{$order->{pipes}};
  my @descriptors = (fileno($nothing), $output, $output, $frames);
  call('dup3', $descriptors[$_], $_, 0) for 0 .. 3;
  call('close_range', 4, 0x7fffffff, 0);
  call('prctl', $SET_SECCOMP, $FILTERED, pack('S x6 P', length($filter) / 8, $filter), 0, 0);
  my @argv = @{$order->{argv}};
  { exec { $argv[0] } @argv }
  my ($code, $why) = ($! == 2 ? 127 : 126, "$argv[0]: $!\n");
  syswrite(STDERR, $why);
  exit $code;
}

# Orders ----------------------------------------------------------------------------------------------------------
sub opened { my ($path, $how) = @_; open(my $file, $how, $path) or die "$path: $!\n"; return $file }

sub start {
  my ($id, $output, $frames, $network, $mounts, $uid, $gid, $temporary, $folder, $record, @more) = @_;
  my ($cgroups, $files, $variables, $argv) = map { [splice(@more, 0, shift(@more))] } 1 .. 4;
  my $pid = call('clone', $NAMESPACES | $SIGCHLD, 0, 0, 0, 0);
  if ($pid == 0) {
    my $sandbox = {
      id => $id, output => $output, frames => $frames, network => $network, mounts => $mounts, uid => $uid, gid => $gid,
      temporary => $temporary, folder => $folder, files => $files, variables => $variables, argv => $argv,
    };
    eval { wall_in($sandbox) };
    failed($sandbox->{pipes} ? 'broke' : 'failed', $id, $@);
    exit 1;
  }
  $running{$pid} = [$id, $cgroups];
  $pid_of{$id} = $pid;
  record($pid, $record);
}

# By this the next daemon finds what this one left, should it end without warning.
sub record {
  my ($pid, $path) = @_;
  open(my $stat, '<', "/proc/$pid/stat") or return;
  my $started = (split(/ /, (split(/\) /, <$stat>))[-1]))[19];
  open(my $file, '>', $path) or return;
  print $file "$pid $started\n";
}

# The runtime is the first child of the first process.
sub terminate {
  my ($pid) = @_;
  open(my $children, '<', "/proc/$pid/task/$pid/children") or return;
  my ($runtime) = split(/ /, <$children> // '');
  kill($SIGTERM, $runtime) if $runtime;
}

sub reap {
  sysread($ends, my $heard, 4096);
  while ((my $pid = waitpid(-1, 1)) > 0) {
    my $known = delete $running{$pid} or next;
    delete $pid_of{$known->[0]};
    tell_daemon("exited $known->[0] " . ($? >> 8) . ' ' . ($? & 127));
  }
}

sub obey {
  my ($what, @words) = split(/\0/, $_[0], -1);
  if ($what eq 'start') { eval { start(@words); 1 } or failed('failed', $words[0], $@) }
  elsif (my $pid = $pid_of{$words[0]}) { $what eq 'kill' ? kill($SIGKILL, $pid) : terminate($pid) }
}

# The daemon is gone, however it went: all end before this process. What version 1 has frozen cannot be killed.
sub leave {
  for my $group (map { @{$_->[1]} } values %running) {
    open(my $state, '+<', "$group/freezer.state") or next;
    syswrite($state, 'THAWED');
  }
  kill($SIGKILL, keys %running);
  waitpid($_, 0) for keys %running;
  exit 0;
}

mkdir($base, 0700);
tell_daemon('ready');
my $heard = '';
for (;;) {
  my $watched = '';
  vec($watched, $_, 1) = 1 for 0, fileno($ends);
  select($watched, undef, undef, undef);
  reap() if vec($watched, fileno($ends), 1);
  next unless vec($watched, 0, 1);
  leave() unless sysread(STDIN, $heard, 65536, length($heard));
  while (length($heard) >= 4 && length($heard) >= 4 + (my $length = unpack('N', $heard))) {
    my $order = substr($heard, 4, $length);
    substr($heard, 0, 4 + $length) = '';
    obey($order);
  }
}
