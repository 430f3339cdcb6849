"""Ask the processor for a row of a table before it is needed. Imports Numba: import it inside functions only."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_CACHE_LINE_BYTES = 64


@intrinsic  # type: ignore[untyped-decorator]
def prefetch_row(_typing_context: Any, table: Any, row: Any) -> Any:
    """Compile to a request for the cache lines of `table[row]`, a row of a C-contiguous 2-D array; no value changes."""
    if not (isinstance(table, types.Array) and table.ndim == 2 and isinstance(row, types.Integer)):
        return None
    signature = types.void(table, types.intp)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        row_bytes, _ = cgutils.unpack_tuple(builder, array.strides, 2)
        pointer = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        request = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer, number, number, number]),
            "llvm.prefetch.p0i8",
        )
        start = builder.gep(builder.bitcast(array.data, pointer), [builder.mul(row_bytes, arguments[1])])
        # For writing, to stay in all levels of the cache, data.
        kind = [ir.Constant(number, value) for value in (1, 3, 1)]
        with cgutils.for_range_slice(
            builder, context.get_constant(types.intp, 0), row_bytes, context.get_constant(types.intp, _CACHE_LINE_BYTES)
        ) as (offset, _):
            builder.call(request, [builder.gep(start, [offset]), *kind])
        return context.get_dummy_value()

    return signature, codegen
