"""Runs the connector under PyPI `wasmtime`: finds its exports and turns its errors into exceptions."""

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant


class ConnectorError(Exception):
    """The contract's `error`. Fields keep their hyphens: getattr(why, "request-id")."""

    def __init__(self, error):
        super().__init__(error.message)
        self.__dict__.update(vars(error))


class Connector:
    """An instance. It runs one call at a time; after a trap it is dead: make another and resume from
    the last cursor."""

    def __init__(self, path):
        engine = Engine()
        linker = Linker(engine)
        linker.add_wasip2()
        linker.add_wasi_http()
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())  # no environment, files, sockets or stdio
        self.store.set_wasi_http()
        self.store.set_limits(memory_size=256 << 20)
        self.instance = linker.instantiate(self.store, Component.from_file(engine, path))

    def call(self, interface, function, *arguments):
        """Calls a function of the contract, such as ("catalog", "operations")."""
        interface = f"saas:connector/{interface}@0.1.0"
        within = self.instance.get_export_index(self.store, interface)
        index = within and self.instance.get_export_index(self.store, function, within)
        if not index:
            raise LookupError(f"the component does not export {function} of {interface}")
        return self.instance.get_func(self.store, index)(self.store, *arguments)

    def attempt(self, interface, function, *arguments):
        """Calls a function that answers a `result`: returns its value or raises ConnectorError."""
        answer = self.call(interface, function, *arguments)
        # wasmtime tags a result only if both sides are of one Python class, so a bare record is the error.
        failed = isinstance(answer, Record)
        if isinstance(answer, Variant):
            failed, answer = answer.tag == "err", answer.payload
        if failed:
            raise ConnectorError(answer)
        return answer
