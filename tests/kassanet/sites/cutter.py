"""A proxy between a site and its centre that cuts the link: now, or when so many bytes have gone one way."""

import trio


class Cutter:
    """Listens on ``port`` for links to ``target``; while ``open`` is false, they are cut as they come."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.open = True
        self.links = 0
        self._left: int | None = None
        self._scopes: set[trio.CancelScope] = set()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._serve, [listener])

    def cut(self) -> None:
        """Every link there is, in the middle of whatever it carries."""
        for scope in tuple(self._scopes):
            scope.cancel()

    def cut_after(self, count: int) -> None:
        """All of them, once so many more bytes have gone through either way."""
        self._left = count

    def close(self) -> None:
        self.open = False
        self.cut()

    async def _serve(self, near: trio.SocketStream) -> None:
        if not self.open:
            await trio.aclose_forcefully(near)
            return
        try:
            far = await trio.open_tcp_stream("127.0.0.1", self.target)
        except OSError:
            await trio.aclose_forcefully(near)
            return
        self.links += 1
        scope = trio.CancelScope()
        self._scopes.add(scope)
        try:
            with scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._carry, near, far, scope)
                    nursery.start_soon(self._carry, far, near, scope)
        finally:
            self._scopes.discard(scope)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(near)
                await trio.aclose_forcefully(far)

    async def _carry(self, source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope) -> None:
        try:
            while piece := await source.receive_some(65_536):
                await sink.send_all(self._measured(piece))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        scope.cancel()

    def _measured(self, piece: bytes) -> bytes:
        """What of it still goes through."""
        if self._left is None:
            return piece
        let = piece[: self._left]
        self._left -= len(let)
        if len(let) < len(piece) or self._left == 0:
            self._left = None
            trio.lowlevel.spawn_system_task(self._cut_soon)
        return let

    async def _cut_soon(self) -> None:
        self.cut()
