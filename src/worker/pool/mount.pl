# Mounts what it is told to, a line each, tabs between the words. Answers "ok", or what went wrong.
use strict;
use POSIX ();

my $arm = (POSIX::uname())[4] eq 'aarch64';
my ($MOUNT, $UMOUNT2) = $arm ? (40, 39) : (165, 166);
my ($RDONLY, $NOSUID, $NODEV, $REMOUNT, $BIND, $SHARED, $DETACH) = (1, 2, 4, 32, 4096, 1 << 20, 2);

sub do_mount {
    my ($source, $target, $flags) = @_;
    return syscall($MOUNT, $source, $target, 0, $flags, 0) == 0;
}

# Read-only before anybody sees it, and in no place in between, whose unmounting takes a fifth of the time.
my ($OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (428, 429, 442);
my ($CLONE, $EMPTY_PATH, $FROM_EMPTY_PATH, $HERE) = (1 | 02000000, 0x1000, 4, -100);
my $ATTRIBUTES = pack('Q4', $RDONLY | $NOSUID | $NODEV, 0, 0, 0);

sub do_bind {
    my ($source, $staging, $target) = @_;
    my $tree = syscall($OPEN_TREE, $HERE, $source, $CLONE);
    return bind_by_staging(@_) if $tree < 0;
    my $empty = '';
    my $done = syscall($MOUNT_SETATTR, $tree, $empty, $EMPTY_PATH, $ATTRIBUTES, length($ATTRIBUTES)) == 0
        && syscall($MOVE_MOUNT, $tree, $empty, $HERE, $target, $FROM_EMPTY_PATH) == 0;
    my $why = $!;
    POSIX::close($tree);
    return 1 if $done;
    $! = $why;
    return bind_by_staging(@_);
}

# Before Linux 5.12.
sub bind_by_staging {
    my ($source, $staging, $target) = @_;
    do_mount($source, $staging, $BIND) or return 0;
    my $done = do_mount(0, $staging, $REMOUNT | $BIND | $RDONLY | $NOSUID | $NODEV)
        && do_mount($staging, $target, $BIND);
    my $why = $!;
    syscall($UMOUNT2, $staging, $DETACH);
    $! = $why;
    return $done;
}

$| = 1;
while (my $line = <STDIN>) {
    chomp $line;
    my ($what, @words) = split /\t/, $line;
    my $done = $what eq 'share'
        ? do_mount($words[0], $words[0], $BIND) && do_mount(0, $words[0], $SHARED)
        : do_bind(@words);
    print $done ? "ok\n" : "$!\n";
}
