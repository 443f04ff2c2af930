# What the tools of a lab host share. Core modules only, and few of them: each call of a tool is a new process.
package Lab;
use strict;
use warnings;
use Fcntl qw(:flock :DEFAULT);
use Socket;
use Time::HiRes ();

our $ROOT = $ENV{HOST_ROOT} // die "HOST_ROOT is not set: this runs on lab hosts only\n";
our $ID   = $ENV{HOST_ID}   // die "HOST_ID is not set: this runs on lab hosts only\n";
our ($LAB) = $ROOT =~ m{^(.*)/hosts/[^/]+$} or die "HOST_ROOT is not in a lab: $ROOT\n";
our $APP = "$ROOT/opt/app";

sub now_ms   { return int(Time::HiRes::time() * 1000) }
sub sleep_ms { Time::HiRes::sleep($_[0] / 1000) if $_[0] > 0 }

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return undef;
    local $/;
    my $text = <$file>;
    $text =~ s/\s+\z// if defined $text;
    return $text;
}

# One write in append mode, so that lines of two processes never mix.
sub append {
    my ($path, $line) = @_;
    sysopen my $file, $path, O_WRONLY | O_APPEND | O_CREAT or die "$path: $!\n";
    syswrite $file, "$line\n" or die "$path: $!\n";
}

# Written beside and renamed over: a reader sees the old text or the new one.
sub replace_file {
    my ($path, $text) = @_;
    open my $file, '>', "$path.$$" or die "$path: $!\n";
    print {$file} $text;
    close $file              or die "$path: $!\n";
    rename "$path.$$", $path or die "$path: $!\n";
}

sub replace_link {
    my ($path, $target) = @_;
    symlink $target, "$path.$$" or die "$path: $!\n";
    rename "$path.$$", $path    or die "$path: $!\n";
}

# The version that a link such as "current" stands for.
sub linked_version {
    my $target = readlink "$APP/$_[0]" or return undef;
    return $target =~ m{([^/]+)$} ? $1 : undef;
}

# The argument of a fault ("" without one) and one strike less of it; undef where there is none.
sub take_fault {
    my ($step, $kind) = @_;
    my $path = "$ROOT/faults/$step/$kind";
    open my $file, '+<', $path or return undef;
    flock $file, LOCK_EX or return undef;
    my ($times, $argument) = split / /, <$file> // '0';
    return $argument if $times eq 'always';
    return undef     if $times <= 0;
    seek $file, 0, 0;
    printf {$file} '%-6d %s', $times - 1, $argument;
    unlink $path if $times == 1;
    return $argument;
}

# Tells the lab process that something shall happen to this host now; answers when it has happened.
sub event {
    my ($name) = @_;
    my $port = slurp("$LAB/run/control-port") // die "the lab has ended\n";
    my ($status) = http('127.0.0.1', $port, "POST /hosts/$ID/$name");
    die "the lab does not answer\n" if !defined $status;
    return $status;
}

# Status and body, or nothing when nobody answers.
sub http {
    my ($address, $port, $request) = @_;
    socket my $socket, PF_INET, SOCK_STREAM, 0 or return;
    connect $socket, sockaddr_in($port, inet_aton($address)) or return;
    my $head = "$request HTTP/1.0\r\nHost: $address:$port\r\nContent-Length: 0\r\n\r\n";
    syswrite $socket, $head;
    my $answer = '';
    while (sysread $socket, $answer, 65536, length $answer) { }
    return $answer =~ m{^HTTP/\S+ (\d+).*?\r\n\r\n(.*)}s ? ($1, $2) : ();
}

# Address and port of the service, or nothing on a host without one.
sub service {
    my $place = slurp("$ROOT/etc/service") // return;
    return split / /, $place;
}

# The service's answer about itself: running version, workers and rolling restarts begun; undef when it is down.
sub health {
    my ($address, $port) = service();
    my ($status, $body)  = http($address, $port, 'GET /health');
    return undef if !defined $body || $status != 200;
    my ($version)  = $body =~ /^\{"version":"([^"]*)"/;
    my ($restarts) = $body =~ /"restarts":(\d+)/;
    my @workers = map { { version => $_->[0], ready => $_->[1] eq 'true' } }
      map { [/"version":"([^"]*)","ready":(true|false)/] } $body =~ /(\{"pid":[^}]*\})/g;
    return { version => $version, restarts => $restarts, workers => \@workers };
}

# Rolling restart; returns once it has begun, so that a look at "ready" after it judges the new workers.
sub restart_service {
    my $pid    = slurp("$ROOT/var/run/app.pid");
    my $before = health();
    if (!$pid || !$before || !kill 'HUP', $pid) {
        event('service-start');
        return;
    }
    for (1 .. 200) {
        my $now = health();
        return if $now && $now->{restarts} > $before->{restarts};
        sleep_ms(10);
    }
    die "the service did not take up its restart\n";
}

1;
