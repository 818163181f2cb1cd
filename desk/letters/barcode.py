"""A number as bars that every scanner reads: Code 128 in its set C (ISO/IEC 15417), two digits to a symbol."""

_START_C, _MODULUS = 105, 103
_STOP = "2331112"
_QUIET_MODULES = 10
# Widths of three bars and three gaps in turn, by the value of the symbol; together eleven modules.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222"
    "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321"
    "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224"
    "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111"
    "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)


def symbols(number: str) -> list[str]:
    """Widths of each symbol of an even number of digits, from start to stop. Raises ValueError for anything else."""
    if not number or len(number) % 2 or not (number.isascii() and number.isdigit()):
        raise ValueError("an even number of digits is needed")
    values = [_START_C, *(int(number[place : place + 2]) for place in range(0, len(number), 2))]
    check = sum(max(weight, 1) * value for weight, value in enumerate(values)) % _MODULUS
    return [*(_WIDTHS[6 * value : 6 * value + 6] for value in (*values, check)), _STOP]


def svg(number: str, *, width_mm: float = 70.0, height_mm: float = 16.0) -> str:
    """The bars as an SVG image with the quiet zone that scanners need on both sides."""
    place, bars = _QUIET_MODULES, []
    for number_of_stripe, width in enumerate(int(digit) for digit in "".join(symbols(number))):
        if number_of_stripe % 2 == 0:
            bars.append(f'<rect x="{place}" y="0" width="{width}" height="1"/>')
        place += width
    total = place + _QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" '
        f'viewBox="0 0 {total} 1" preserveAspectRatio="none" shape-rendering="crispEdges">{"".join(bars)}</svg>'
    )
