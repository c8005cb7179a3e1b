"""What was written and has not left yet: the difference between "the kernel took it" and "it is on its way".

A write that succeeded says nothing of a cable that was pulled a second before. Of a TCP socket Linux tells how many
bytes the other side's network has not confirmed, of a serial port any system tells how many its driver still holds.
"""

import errno
import fcntl
import termios
from struct import unpack


def bytes_queued(fd: int) -> int:
    """Of a socket or a terminal; 0 where the system does not tell of such. Raises OSError when it is gone."""
    try:
        (count,) = unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, bytes(4)))
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL, errno.EOPNOTSUPP):
            return 0
        raise
    return int(count)
