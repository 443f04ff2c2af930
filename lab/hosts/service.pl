#!/usr/bin/env perl
# The lab's service: a supervisor that owns the listening socket, and workers that accept on it.
#   service.pl ADDRESS PORT WORKERS     (HOST_ROOT in the environment)
#   GET /health  {"version", "restarts", "workers": [{pid, version, ready}]}
#   GET /        the version of the worker that answers;  GET /slow the same after 300 ms
# SIGHUP restarts the workers one by one: a new one is started from opt/app/current, and only when it has said that it is
# ready an old one is drained. All of them end when stdin closes, that is with the lab.
use strict;
use warnings;
use Fcntl;
use Socket;
use Time::HiRes ();

my ($address, $port, $count) = @ARGV;
my $root = $ENV{HOST_ROOT} // die "HOST_ROOT is not set\n";
my $state = "$root/var/run/app.json";

socket my $listener, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
setsockopt $listener, SOL_SOCKET, SO_REUSEADDR, pack('l', 1) or die "setsockopt: $!\n";
bind $listener, sockaddr_in($port, inet_aton($address)) or die "bind $address:$port: $!\n";
listen $listener, 128 or die "listen: $!\n";
fcntl $listener, F_SETFL, O_NONBLOCK or die "fcntl: $!\n";

# A worker: {pid, version, ready, said, life}. Reading "said" tells that it is ready or gone; closing "life" drains it.
my (@workers, @to_replace);
my $fresh;          # the worker that a rolling restart waits for
my $restarts = 0;
my $hup      = 0;
my $announced     = 0;
my $next_start = 0;
$SIG{HUP}  = sub { $hup = 1 };
$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';

start_worker() for 1 .. $count;
write_file("$root/var/run/app.pid", $$);
publish();

while (1) {
    begin_restart() if $hup;
    my $wanted = '';
    vec($wanted, fileno STDIN, 1) = 1;
    vec($wanted, fileno $_->{said}, 1) = 1 for @workers;
    # Not for ever: a signal between the look at $hup and this call would wait for the next event.
    select my $seen = $wanted, undef, undef, 0.5;
    next if !defined $seen || $hup;
    exit 0 if vec($seen, fileno STDIN, 1) && !sysread STDIN, my $ignored, 4096;
    for my $worker (@workers) {
        hear($worker) if vec($seen, fileno $worker->{said}, 1);
    }
    @workers = grep { !$_->{gone} } @workers;
    keep_count();
    publish();
}

# The supervisor's share ----------------------------------------------------------------------------------------------

sub begin_restart {
    $hup = 0;
    $restarts++;
    # A restart while one is under way, say back from a version that does not start, begins anew.
    if ($fresh) {
        kill 'KILL', $fresh->{pid};
        undef $fresh;
    }
    @to_replace = grep { $_->{ready} && $_->{life} } @workers;
    replace_next();
    publish();
}

sub replace_next {
    $fresh = start_worker() if @to_replace;
}

sub hear {
    my ($worker) = @_;
    if (sysread $worker->{said}, my $word, 16) {
        $worker->{ready} = 1;
        return if !$fresh || $fresh != $worker;
        undef $fresh;
        drain(shift @to_replace);
        replace_next();
        return;
    }
    waitpid $worker->{pid}, 0;
    $worker->{gone} = 1;
    @to_replace = grep { $_ != $worker } @to_replace;
    undef $fresh if $fresh && $fresh == $worker;
}

sub drain {
    my ($worker) = @_;
    delete $worker->{life} if $worker;
}

# Workers that died by themselves are started again, not in a hurry.
sub keep_count {
    my $alive = grep { $_->{life} } @workers;
    return if $fresh || $alive >= $count || Time::HiRes::time() < $next_start;
    $next_start = Time::HiRes::time() + 0.5;
    start_worker();
}

sub start_worker {
    pipe my $said, my $say or die "pipe: $!\n";
    pipe my $lives, my $life or die "pipe: $!\n";
    my ($version) = (readlink("$root/opt/app/current") // 'none') =~ m{([^/]+)$};
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        # Open ends of the other workers' pipes would keep those alive.
        @workers = @to_replace = ();
        undef $fresh;
        close $_ for $said, $life;
        work($version, $say, $lives);
        exit 0;
    }
    my $worker = { pid => $pid, version => $version, ready => 0, said => $said, life => $life };
    push @workers, $worker;
    return $worker;
}

sub publish {
    my @serving = grep { $_->{life} } @workers;
    my ($oldest) = grep { $_->{ready} } @serving;
    my $list = join ',', map {
        sprintf '{"pid":%d,"version":"%s","ready":%s}', $_->{pid}, $_->{version}, $_->{ready} ? 'true' : 'false'
    } @serving;
    my $version = $oldest ? $oldest->{version} : 'none';
    write_file($state, qq({"version":"$version","restarts":$restarts,"workers":[$list]}));
    return if $announced || grep { !$_->{ready} } @serving;
    $announced = 1;
    syswrite STDOUT, "ready\n";
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', "$path.$$" or die "$path: $!\n";
    print {$file} $text;
    close $file;
    rename "$path.$$", $path or die "$path: $!\n";
}

# A worker's share ----------------------------------------------------------------------------------------------------

sub work {
    my ($version, $say, $lives) = @_;
    $SIG{HUP}  = 'IGNORE';
    $SIG{TERM} = 'DEFAULT';
    $0 = "lab service worker $version";
    my $wanted = '';
    vec($wanted, fileno $lives, 1) = 1;
    if ($version !~ /broken/) {
        vec($wanted, fileno $listener, 1) = 1;
        syswrite $say, "ready\n";
    }
    while (1) {
        select my $seen = $wanted, undef, undef, undef;
        next if !defined $seen;
        return if vec($seen, fileno $lives, 1);
        # Another worker may have been faster.
        accept my $client, $listener or next;
        answer($client, $version);
    }
}

sub answer {
    my ($client, $version) = @_;
    # Some systems hand the listener's O_NONBLOCK on to what it accepts.
    fcntl $client, F_SETFL, 0;
    local $SIG{ALRM} = sub { die "slow client\n" };
    my $head = '';
    eval {
        alarm 5;
        while ($head !~ /\r\n\r\n/ && sysread $client, $head, 4096, length $head) { }
        alarm 0;
        1;
    } or return;
    my ($path) = $head =~ m{^GET (\S+)} or return;
    Time::HiRes::sleep(0.3) if $path eq '/slow';
    my ($status, $body) =
        $path eq '/health' ? ('200 OK', health())
      : $path =~ m{^/(slow)?$} ? ('200 OK', $version)
      :                          ('404 Not Found', 'not found');
    my $length = length($body) + 1;
    syswrite $client, "HTTP/1.1 $status\r\nContent-Length: $length\r\nConnection: close\r\n\r\n$body\n";
    shutdown $client, 1;
    close $client;
}

sub health {
    open my $file, '<', $state or return '{}';
    local $/;
    return <$file>;
}
