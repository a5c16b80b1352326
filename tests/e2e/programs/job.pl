# A job for a shell to control: one process with default signal handling, which says when it is ready for a signal (before
# that, it may still be the shell's child with the shell's dispositions) and when it has been continued.
#   job.pl [handles | reports | finishes | quiet FILE]
use strict;
use warnings;

$| = 1;
my $mode = shift // '';
$SIG{INT} = sub { print "handled\n"; exit 5 } if $mode eq 'handles';
$SIG{CONT} = sub { print "continued\n" } if $mode eq 'reports';
if ($mode eq 'quiet') {
    open(my $file, '>', shift) or die;
    close $file;
} else {
    print "up\n";
}
select(undef, undef, undef, 0.02) until $mode eq 'finishes' && -e 'finish';
exit 9;
