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

# Read-only before anybody sees it.
sub do_bind {
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
