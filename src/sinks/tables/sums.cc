#include "sinks/tables/internal/sums.h"

namespace tillstream::tables {

bool rescale(Int128& value, int from, int to) {
    return from == to || !__builtin_mul_overflow(value, pow10(to - from), &value);
}

bool Sums::add(const Sums& more) {
    Int128 other = more.total;
    const int wider = scale > more.scale ? scale : more.scale;
    if (!rescale(total, scale, wider) || !rescale(other, more.scale, wider)) return false;
    scale = wider;
    lines += more.lines;
    return !__builtin_add_overflow(total, other, &total) &&
           !__builtin_add_overflow(units, more.units, &units);
}

}  // namespace tillstream::tables
