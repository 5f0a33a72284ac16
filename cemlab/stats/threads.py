"""How many threads the libraries underneath may use."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_thread() -> threadpool_limits:
    """Return a context in which linear algebra and scikit-learn use one thread.

    On a busy machine threads wait for one another longer than they work, unless each has much to do. Only
    libraries that have been imported are held.

    Returns
    -------
    threadpoolctl.threadpool_limits
        For a ``with``; afterwards all is as before.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    return threadpool_limits(1)
