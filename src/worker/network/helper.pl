# The network helper: resident, root, on one end of a Node IPC channel. It makes network namespaces and listeners in
# them, which a Node process cannot (setns is refused to a process with threads), and hands the listeners over as
# Node's own child processes do: a NODE_HANDLE message with the descriptor beside it (SCM_RIGHTS).
# Perl, since every Debian has it (perl-base), and without modules, which would double its start.
#
#   host ── lambdad<n> ┃ up ── router (this process) ── e<i> ┃ eth0 ── one environment
#
# Everything but the host's end and its nft table lives in namespaces without a name: they go when this process and
# the environments' are gone, however that came.
use strict;
use warnings;

my ($arch, $nft, $first) = @ARGV;
my $CLONE_NEWNET = 0x40000000;
my %NUMBERS = (x64 => [272, 308, 46], arm64 => [97, 268, 211]);
my ($UNSHARE, $SETNS, $SENDMSG) = @{$NUMBERS{$arch}};
my ($NEWLINK, $NEWADDR, $NEWROUTE, $CREATE) = (16, 20, 24, 0x600);
my $UPLINKS = 2560;

# Ctrl-C reaches the whole process group; the daemon decides when it is over.
$SIG{INT} = $SIG{TERM} = $SIG{PIPE} = 'IGNORE';
open(my $channel, '+<&=', $ENV{NODE_CHANNEL_FD}) or die "channel: $!";
fcntl($channel, 4, fcntl($channel, 3, 0) & ~04000);

# Namespaces -----------------------------------------------------------------------------------------------------
sub current { open(my $ns, '<', '/proc/thread-self/ns/net') or die "ns: $!\n"; return $ns }
sub enter { syscall($SETNS, fileno($_[0]), $CLONE_NEWNET) == 0 or die "setns: $!\n" }
sub fresh { syscall($UNSHARE, $CLONE_NEWNET) == 0 or die "unshare: $!\n"; return current() }

sub sysctl {
  my ($name, $value) = @_;
  open(my $file, '>', "/proc/sys/net/$name") or return;
  syswrite($file, $value);
}

sub read_sysctl {
  open(my $file, '<', "/proc/sys/net/$_[0]") or return '';
  return scalar(<$file>) // '';
}

# Netlink (rtnetlink(7)) -----------------------------------------------------------------------------------------
my $seq = 0;
sub netlink { socket(my $s, 16, 3, 0) or die "netlink: $!\n"; return $s }

sub request {
  my ($s, $type, $flags, $body, $what) = @_;
  send($s, pack('L S S L L', 16 + length($body), $type, $flags | 5, ++$seq, 0) . $body, 0) or die "$what: $!\n";
  recv($s, my $answer, 65536, 0);
  my $error = unpack('x16 l', $answer);
  if ($error != 0) { $! = -$error; die "$what: $!\n" }
}

sub attribute { my ($type, $data) = @_; return pack('S S', 4 + length($data), $type) . $data . "\0" x (-length($data) & 3) }
sub link_header { my ($index, $up) = @_; return pack('C x S l L L', 0, 0, $index, $up, $up) }
sub address { return pack('N', 0xA9FE0000 + $_[0]) }

# A pair whose second end is in the namespace $there. Index 0 lets the kernel choose.
sub add_pair {
  my ($s, $name, $index, $peer, $peer_index, $there) = @_;
  my $far = link_header($peer_index, 0) . attribute(3, "$peer\0") . attribute(28, pack('L', fileno($there)));
  my $kind = attribute(1, 'veth') . attribute(2, attribute(1, $far));
  request($s, $NEWLINK, $CREATE, link_header($index, 0) . attribute(3, "$name\0") . attribute(18, $kind), "veth $name");
}

sub up { my ($s, $index) = @_; request($s, $NEWLINK, 0, link_header($index, 1), 'link up') }

sub add_address {
  my ($s, $index, $offset) = @_;
  my $ip = address($offset);
  request($s, $NEWADDR, $CREATE, pack('C4 L', 2, 30, 0, 0, $index) . attribute(2, $ip) . attribute(1, $ip), 'address');
}

sub add_default_route {
  my ($s, $offset) = @_;
  request($s, $NEWROUTE, $CREATE, pack('C8 L', 2, 0, 0, 0, 254, 4, 0, 1, 0) . attribute(5, address($offset)), 'route');
}

sub index_of {
  my ($name) = @_;
  socket(my $s, 2, 2, 0) or die "socket: $!\n";
  my $asked = pack('a16 x24', $name);
  ioctl($s, 0x8933, $asked) or die "index of $name: $!\n";
  return unpack('x16 l', $asked);
}

sub dotted { return join('.', unpack('C4', address($_[0]))) }

sub filter {
  my ($rules) = @_;
  open(my $to, '|-', "$nft -f - 2>&1 >/dev/null") or die "nft: $!\n";
  print $to $rules;
  close($to) or die "nft refused the rules\n";
}

# The router -----------------------------------------------------------------------------------------------------
my ($home, $router, $routes, $uplink);

# /30s: environments in the lower half of 169.254.0.0/16, the daemons' own links from 169.254.128.0.
sub set_up {
  $home = current();
  my $host = netlink();
  $router = fresh();
  $routes = netlink();
  sysctl('ipv4/ip_forward', 1);
  sysctl("ipv4/conf/$_/rp_filter", 1) for qw(all default);
  sysctl("ipv6/conf/$_/disable_ipv6", 1) for qw(all default);
  my $tried = 0;
  # Names are unique on the host, so that daemons do not take each other's addresses.
  until (eval { $uplink = ($first + $tried) % $UPLINKS; add_pair($routes, 'up', 2, "lambdad$uplink", 0, $home); 1 }) {
    die $@ if ++$tried > 100;
  }
  my $base = 0x8000 + 4 * $uplink;
  add_address($routes, 2, $base + 2);
  up($routes, 1);
  up($routes, 2);
  filter(<<"RULES");
table inet environments {
  chain input { type filter hook input priority 0; policy drop;
  }
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "e*" oifname "up" ip daddr != { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } accept
  }
  chain translate { type nat hook postrouting priority 100;
    oifname "up" masquerade
  }
}
RULES
  enter($home);
  my $index = index_of("lambdad$uplink");
  sysctl("ipv6/conf/lambdad$uplink/disable_ipv6", 1);
  sysctl("ipv4/conf/lambdad$uplink/rp_filter", 1);
  add_address($host, $index, $base + 1);
  up($host, $index);
  guard_host($base);
  enter($router);
  add_default_route($routes, $base + 1);
}

sub guard_host {
  my ($base) = @_;
  my ($name, $from) = ("lambdad$uplink", dotted($base + 2));
  my $closed = read_sysctl('ipv4/ip_forward') =~ /^0/ ? <<'CLOSED' : '';
table inet lambdad-forward
delete table inet lambdad-forward
table inet lambdad-forward {
  chain forward { type filter hook forward priority -20;
    iifname != "lambdad*" oifname != "lambdad*" drop
  }
}
CLOSED
  filter(<<"RULES");
$closed
table inet $name
delete table inet $name
table inet $name {
  chain input { type filter hook input priority -20;
    iifname "$name" drop
  }
  chain forward { type filter hook forward priority -20;
    iifname "$name" ip saddr != $from drop
    iifname "$name" oifname "lambdad*" drop
    iifname "$name" meta nfproto ipv6 drop
    oifname "$name" ct state != { established, related } drop
  }
  chain translate { type nat hook postrouting priority 100;
    ip saddr $from oifname != "$name" masquerade
  }
}
RULES
  # Forwarding that nobody had asked for before stays closed to everything but environments.
  sysctl('ipv4/ip_forward', 1) if $closed ne '';
}

# Tables of daemons that ended without warning: their links went with them.
sub remove_leftovers {
  for my $name (`$nft list tables 2>/dev/null` =~ /^table inet (lambdad\d+)$/mg) {
    next if -e "/proc/sys/net/ipv4/conf/$name";
    system("$nft delete table inet $name 2>/dev/null");
  }
}

# Environments ---------------------------------------------------------------------------------------------------
my %kept;

sub listener {
  my ($port) = @_;
  socket(my $s, 2, 1, 0) or die "socket: $!\n";
  setsockopt($s, 1, 2, 1);
  bind($s, pack('S n C4 x8', 2, $port, 127, 0, 0, 1)) or die "bind $port: $!\n";
  listen($s, 128) or die "listen: $!\n";
  return $s;
}

sub make {
  my ($id, $i, @ports) = @_;
  my $inside = fresh();
  my @listeners = eval {
    # Its own ::1 stays; eth0, which comes later, has IPv4 only.
    sysctl('ipv6/conf/default/disable_ipv6', 1);
    my $own = netlink();
    up($own, 1);
    add_pair($own, 'eth0', 2, "e$i", 10 + $i, $router);
    add_address($own, 2, 4 * $i + 2);
    up($own, 2);
    enter($router);
    add_address($routes, 10 + $i, 4 * $i + 1);
    up($routes, 10 + $i);
    enter($inside);
    add_default_route($own, 4 * $i + 1);
    map { listener($_) } @ports;
  };
  my $error = $@;
  enter($router);
  die $error if $error;
  $kept{$id} = $inside;
  hand_over('net.Server', $id, $_) for @listeners;
  inform("{\"id\":$id,\"fd\":" . fileno($inside) . '}');
}

sub connected {
  my ($id, $of, $port) = @_;
  my $inside = $kept{$of} or die "no such environment\n";
  enter($inside);
  my $s;
  eval {
    socket($s, 2, 1, 0) or die "socket: $!\n";
    connect($s, pack('S n C4 x8', 2, $port, 127, 0, 0, 1)) or die "connect: $!\n";
  };
  my $error = $@;
  enter($router);
  die $error if $error;
  hand_over('net.Socket', $id, $s);
}

# The channel ----------------------------------------------------------------------------------------------------
sub inform {
  my $text = "$_[0]\n";
  while ($text ne '') {
    my $sent = syswrite($channel, $text) // exit 0;
    substr($text, 0, $sent) = '';
  }
}

sub hand_over {
  my ($type, $id, $socket) = @_;
  my $text = "{\"cmd\":\"NODE_HANDLE\",\"type\":\"$type\",\"msg\":{\"id\":$id}}\n";
  my $pieces = pack('P Q', $text, length($text));
  my $rights = pack('Q l l l x4', 20, 1, 1, fileno($socket));
  my $message = pack('Q L x4 P Q P Q l x4', 0, 0, $pieces, 1, $rights, length($rights), 0);
  syscall($SENDMSG, fileno($channel), $message, 0) >= 0 or exit 0;
}

sub failed {
  my ($id, $error) = @_;
  $error =~ s/[\n"\\]+/ /g;
  inform("{\"id\":$id,\"error\":\"$error\"}");
}

eval { set_up(); 1 } or do { failed(0, $@); exit 1 };
inform('{"id":0}');
eval { enter($home); remove_leftovers() };
enter($router);

my $heard = '';
while (sysread($channel, $heard, 65536, length($heard))) {
  while ($heard =~ s/^(.*?)\n//) {
    my $line = $1;
    if ($line =~ /"make":(\d+),"place":(\d+),"ports":\[([\d,]+)\]/) {
      my ($id, $place, $ports) = ($1, $2, $3);
      eval { make($id, $place, split(/,/, $ports)); 1 } or failed($id, $@);
    } elsif ($line =~ /"connect":(\d+),"of":(\d+),"port":(\d+)/) {
      my ($id, $of, $port) = ($1, $2, $3);
      eval { connected($id, $of, $port); 1 } or failed($id, $@);
    } elsif ($line =~ /"drop":(\d+)/) {
      delete $kept{$1};
    }
  }
}

# The last one closes what the first had opened.
enter($home);
system("$nft delete table inet lambdad$uplink 2>/dev/null");
my @others = grep { $_ ne "lambdad$uplink" } map { m{/(lambdad\d+)$} } glob('/proc/sys/net/ipv4/conf/lambdad*');
if (!@others && system("$nft list table inet lambdad-forward >/dev/null 2>&1") == 0) {
  sysctl('ipv4/ip_forward', 0);
  system("$nft delete table inet lambdad-forward");
}
