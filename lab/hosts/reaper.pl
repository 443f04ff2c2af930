#!/usr/bin/env perl
# Ends what a lab started, also when the lab itself was killed.
#   reaper.pl LAB_DIR     "kill ID" on stdin ends the processes of one host, answered by "done ID"; when stdin closes,
#                         that is when the lab is gone, everything of the lab ends, and this too.
# A process belongs to a host by HOST_ROOT in its environment (where /proc shows it), or by its process group, noted as
# run/groups/ID.PGID. A noted group is touched only if it is older than its note: process ids are used again.
use strict;
use warnings;
use Time::HiRes ();

my $lab = shift // die "usage: reaper.pl LAB_DIR\n";
my $has_proc = -r "/proc/$$/environ" && !$ENV{LAB_REAPER_NOTES_ONLY};
$SIG{$_} = 'IGNORE' for qw(HUP INT TERM PIPE);
$| = 1;

while (my $line = <STDIN>) {
    my ($id) = $line =~ /^kill (\S+)$/ or next;
    reap($id);
    print "done $id\n";
}
reap();

# Until nothing is left: a process may fork while we look.
sub reap {
    my ($id) = @_;
    for (1 .. 50) {
        my @targets = (by_environment($id), by_note($id));
        last if !@targets;
        kill 'KILL', @targets;
        Time::HiRes::sleep(0.01);
    }
    unlink notes($id);
}

sub by_environment {
    my ($id) = @_;
    return if !$has_proc;
    my $mark = "HOST_ROOT=$lab/hosts/" . (defined $id ? "$id\0" : '');
    opendir my $proc, '/proc' or return;
    return grep { $_ != $$ && has_mark($_, $mark) } grep { /^\d+$/ } readdir $proc;
}

sub has_mark {
    my ($pid, $mark) = @_;
    open my $file, '<', "/proc/$pid/environ" or return 0;
    local $/;
    return index("\0" . (<$file> // '') . "\0", "\0$mark") >= 0;
}

sub notes {
    my ($id) = @_;
    opendir my $dir, "$lab/run/groups" or return;
    my $wanted = defined $id ? qr/^\Q$id\E\.\d+$/ : qr/\.\d+$/;
    return map { "$lab/run/groups/$_" } grep { /$wanted/ } readdir $dir;
}

# Groups as negative numbers, as kill wants them.
sub by_note {
    my @notes = notes(@_) or return;
    my %started = group_starts();
    return map { -$_->[1] } grep {
        my ($note, $group) = @$_;
        my $noted = (stat $note)[9];
        defined $noted && defined $started{$group} && $started{$group} <= $noted + 2;
    } map { [$_, /\.(\d+)$/] } @notes;
}

# When the oldest living process of each group began, in seconds since the epoch.
sub group_starts {
    my (%started, $now);
    open my $ps, '-|', 'ps', '-A', '-o', 'pgid=', '-o', 'stat=', '-o', 'etime=' or return;
    $now = time;
    while (<$ps>) {
        my ($group, $state, $days, $hours, $minutes, $seconds) =
          /^\s*(\d+)\s+(\S+)\s+(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)\s*$/ or next;
        next if $state =~ /^Z/;
        my $start = $now - ((($days // 0) * 24 + ($hours // 0)) * 60 + $minutes) * 60 - $seconds;
        $started{$group} = $start if !defined $started{$group} || $start < $started{$group};
    }
    return %started;
}
