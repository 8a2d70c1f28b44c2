"""The fast path of reads: a document becomes a plan, a plan becomes one statement and one function.

    shapes.py   what a type's fields are: columns, relations, arguments
    leaves.py   how a column becomes what GraphQL shows
    readers.py  what one statement reads, while a plan is made
    source.py   a selection becomes columns to read and the source of a function over their rows
    reading.py  rows are fetched, and what hangs on them
    parts.py    what a field gives (a node, a list, a connection, a value) becomes data
    plan.py     a document becomes parts, kept; parts answer a request

graphql-core is the oracle: what is not understood here raises `Unknown`, and graphql-core answers
the whole request. Queries change nothing, so that may happen at any moment.
"""

from schema.compiled.leaves import Unknown

__all__ = ["Unknown"]
