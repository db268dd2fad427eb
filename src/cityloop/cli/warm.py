"""`cityloop warm`: compiling the kernels before they are needed."""

import typer

from cityloop.usecases.warm_kernels import warm_kernels


def warm() -> None:
    """Compile the kernels once; `make install` does it for you."""
    warm_kernels(lambda line: typer.echo(line, err=True))
