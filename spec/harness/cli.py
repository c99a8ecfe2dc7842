"""The `claims` command: what is registered, how each claim is decided, and a place to begin an implementation."""

import argparse
import sys
from pathlib import Path

from . import stubs, table
from .errors import SpecificationError
from .inventory import Inventory
from .registry import Registry


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; bad input ends with one line on standard error and exit status 2."""
    parser = argparse.ArgumentParser(prog="claims", description="The claims of the homework, and how each is decided.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every claim: question, verdict, subject and tests; untested ones last")
    show = commands.add_parser(
        "show", help="one claim: quote, criterion, comparisons, power, and where its tests stand"
    )
    show.add_argument("id", metavar="ID")
    new = commands.add_parser("new", help="write stubs of everything the contract asks for into a new folder")
    new.add_argument("directory", metavar="DIR", type=Path)
    options = parser.parse_args(arguments)
    try:
        inventory = Inventory(Registry())
        if options.command == "list":
            print(table.listing(inventory.registry, inventory), end="")
        elif options.command == "show":
            claim = inventory.registry[options.id]
            print(table.details(claim, inventory.by_claim[claim.id], inventory.registry), end="")
        else:
            files = stubs.write(options.directory, inventory)
            print(f"wrote {', '.join(file.name for file in files)} to {options.directory}")
            print(f"check them with: pytest -m claims --impl {options.directory}")
    except (SpecificationError, OSError) as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2
    return 0
