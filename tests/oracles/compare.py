#!/usr/bin/env python3
"""Holds `precision-probe round` against programs that others wrote, bit by bit, and prints one table.

    python3 -m venv target/oracles && target/oracles/bin/pip install -r tests/oracles/requirements.txt
    cargo build --release && target/oracles/bin/python tests/oracles/compare.py

NumPy, ml_dtypes, gfloat and APyTypes round the same doubles: every member of a format, every midpoint, their neighbours
among doubles, fractions of the gaps, random doubles, and what lies beyond. Results must have the same bits, signs of
zeros too; a NaN equals a NaN. Where a program has other rules on purpose nothing is compared (RULES). Where one is
wrong (ERRORS), that is proven for every case in exact fractions, and must still be so: nothing else hides behind it.
Exit status 1 if anything else differs. Needs Python 3.11 or later.
"""

import argparse, json, math, pathlib, subprocess, sys, tempfile, textwrap
from fractions import Fraction
from importlib.metadata import version

if sys.version_info < (3, 11):
    sys.exit("compare.py needs Python 3.11 or later")
try:
    import apytypes, gfloat, gfloat.formats, ml_dtypes, numpy as np
    from apytypes import APyFloatArray, QuantizationMode as Mode
    from gfloat import RoundMode
except ImportError as error:
    sys.exit(f"compare.py needs what requirements.txt beside it lists: {error}")

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ("Left out, because the programs follow other rules there on purpose:",
         "numbers that are NaN, in formats without NaN: we keep NaN, ml_dtypes gives -0, gfloat refuses",
         "overflow in formats without infinity and NaN: gfloat refuses it unless it saturates, which is compared",
         "rounding to odd beyond the largest number and its spacing: we overflow, APyTypes stays at the largest",
         "blocks that hold an infinity or NaN: ours are NaN, gfloat refuses them")
ERRORS = ("Theirs wrong, each case proven in exact fractions:",
          "gfloat, StochasticFastest: fraction and draw are added in floating point; subnormal numbers can have a "
          "sum just below 1 that is rounded to 1, and go up though their fraction is too small for that draw",
          "gfloat, compute_scale_amax: the logarithm of a number just below a power of two is rounded to that power's, "
          "so that the scale is twice what OCP MX says",
          "APyTypes, cast: what is rounded from below to the smallest normal number becomes 0",
          "APyTypes, cast of arrays: to more significand bits and as many exponent bits, subnormal numbers change")

def told(title, *items):
    wrap = lambda item: textwrap.fill(item, 100, initial_indent="- ", subsequent_indent="  ")
    return "\n".join([title, *map(wrap, items)])

class Ours:
    """The binary, with files of a throw-away folder between."""
    def __init__(self, binary, folder):
        self.binary, self.file, self.out = binary, folder / "in.npy", folder / "out.npy"

    def run(self, *arguments):
        done = subprocess.run([self.binary, "round", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{self.binary} round {' '.join(map(str, arguments))[:200]}: {done.stderr}")
        return done.stdout

    def array(self, x, *arguments):
        np.save(self.file, np.asarray(x, np.float64))
        self.run("--npy", self.file, "--out", self.out, "--force", *arguments)
        return np.load(self.out)

    def __call__(self, name, x, *arguments):
        return self.array(x, "--formats", name, *arguments)

    def codes(self, name, x):
        """The codes that the tables have."""
        found = []
        for at in range(0, len(x), 1000):
            told = json.loads(self.run("--json", "--formats", name, *(float(y).hex() for y in x[at:at + 1000])))
            found += [int(entry["code"], 16) if entry["code"] else -1 for entry in told["rounded"]]
        return np.array(found)

class Table:
    def __init__(self):
        self.rows, self.shown, self.lost = [], [], []

    def add(self, oracle, what, formats, cases, wrong, known=0):
        self.rows.append((oracle, what, formats, cases, wrong, known))

    def text(self):
        spaced = lambda count: f"{count:,}".replace(",", " ")
        rows = [("against", "what", "formats", "cases", "theirs wrong", "differ")]
        rows += [(*row[:3], spaced(row[3]), spaced(row[5]), spaced(row[4])) for row in self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        align = lambda i, cell: cell.ljust(widths[i]) if i < 3 else cell.rjust(widths[i])
        return "\n".join("  ".join(align(i, cell) for i, cell in enumerate(row)).rstrip() for row in rows)

class Count:
    """Cases of one row of the table."""
    def __init__(self, table, oracle, what, formats, has_errors=False):
        self.table, self.row, self.has_errors = table, (oracle, what, formats), has_errors
        self.cases = self.wrong = self.known = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.table.add(*self.row, self.cases, self.wrong, self.known)
            if self.has_errors and not self.known:
                self.table.lost.append(f"{', '.join(self.row[:2])}: known to be wrong, is right: remove this error")

    def hold(self, name, x, ours, theirs, error=None):
        """The same bits, or the known error of the other program: error(index, x, ours, theirs) proves it."""
        x, ours, theirs = (np.asarray(y, np.float64).ravel() for y in (x, ours, theirs))
        assert x.shape == ours.shape == theirs.shape, (name, x.shape, ours.shape, theirs.shape)
        self.cases += len(x)
        differ = (bits(ours) != bits(theirs)) & ~(np.isnan(ours) & np.isnan(theirs))
        for at in np.flatnonzero(differ):
            if error and error(at, *(float(y[at]) for y in (x, ours, theirs))):
                self.known += 1
                continue
            self.wrong += 1
            if self.wrong <= 4:
                x_, ours_, theirs_ = (float(y[at]).hex() for y in (x, ours, theirs))
                self.table.shown.append(f"{', '.join(self.row[:2])}: {name} of {x_}: {ours_}, theirs {theirs_}")

bits = lambda x: np.ascontiguousarray(x, np.float64).view(np.int64)

# What is rounded.
def members(precision, emin, emax):
    """Every positive magnitude of a format, and the first one beyond its last binade."""
    units = [np.arange(2**(precision - 1)) * 2.0**(emin - precision + 1)]
    units += [np.ldexp(np.arange(2**(precision - 1), 2**precision), e - precision + 1) for e in range(emin, emax + 1)]
    return np.concatenate(units + [[2.0**(emax + 1), 1.5 * 2.0**(emax + 1)]])

def inputs(shape, random, single=False, most=None, steps=1):
    """Members, points that cut the gaps into 2·steps, neighbours of all of these, random numbers, and the ends."""
    precision, emin, emax = shape
    kind = np.float32 if single else np.float64
    exact = members(*shape)
    if most and len(exact) > most:
        exact = np.unique(np.concatenate([exact[:64], exact[-64:], random.choice(exact, most)]))
    gaps = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 1, emin) - precision + 1)
    points = np.concatenate([exact + gaps * (k / (2 * steps)) for k in range(2 * steps)]).astype(kind)
    around = [np.nextafter(points, kind(to)) for to in (0, np.inf)]
    uniform = random.uniform(-1, 1, 4000) * 2.0**(emax + 1)
    spread = random.uniform(1, 2, 8000) * 2.0**random.uniform(emin - precision - 3, emax + 2, 8000)
    whole = random.integers(0, 2**(31 if single else 63), 4000, dtype=np.int64)
    whole = whole.astype(np.int32).view(np.float32) if single else whole.view(np.float64)
    info = np.finfo(kind)
    ends = np.array([0, np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal], kind)
    positive = np.concatenate([points, *around, uniform.astype(kind), spread.astype(kind), whole, ends])
    return np.unique(np.concatenate([positive, -positive]).astype(np.float64).view(np.int64)).view(np.float64)

# Names, precision, exponents of the smallest normal number and of the last binade.
SHAPES = {"f16": (11, -14, 15), "bf16": (8, -126, 127), "tf32": (11, -126, 127), "e5m2": (3, -14, 15),
          "e4m3fn": (4, -6, 8), "e4m3ieee": (4, -6, 7), "e3m4": (5, -2, 3), "e5m2fnuz": (3, -15, 15),
          "e4m3fnuz": (4, -7, 7), "e4m3b11fnuz": (4, -10, 4), "e3m2fn": (3, -2, 4), "e2m3fn": (4, 0, 2),
          "e2m1fn": (2, 0, 2), "binary8p3se": (3, -15, 15), "binary8p4se": (4, -7, 7), "e6m9": (10, -30, 31),
          "e2m5": (6, 0, 1), "f32": (24, -126, 127)}
FINITE = ("e3m2fn", "e2m3fn", "e2m1fn")

def exact_round(x, shape, choose):
    """A double rounded in fractions: choose(units below, the fraction beyond) says whether away from 0; no maximum."""
    precision, emin, _ = shape
    exponent = max(math.frexp(x)[1] - 1, emin) - precision + 1
    units = abs(Fraction(x)) / Fraction(2)**exponent
    below = math.floor(units)
    return math.copysign(float((below + choose(below, units - below)) * Fraction(2)**exponent), x)

def chooses(direction, is_negative):
    """The choice of exact_round for a direction."""
    half = Fraction(1, 2)
    return {"nearest": lambda units, beyond: beyond > half or beyond == half and units % 2 == 1,
            "zero": lambda units, beyond: False,
            "up": lambda units, beyond: beyond > 0 and not is_negative,
            "down": lambda units, beyond: beyond > 0 and is_negative,
            "odd": lambda units, beyond: beyond > 0 and units % 2 == 0}[direction]

# NumPy.
def numpy_(ours, table, random):
    with Count(table, "NumPy", "float64 to float16", "f16") as count:
        x = inputs(SHAPES["f16"], random)
        count.hold("f16", x, ours("f16", x), x.astype(np.float16))
    with Count(table, "NumPy", "float64 to float32", "f32") as count:
        x = wide(random)
        count.hold("f32", x, ours("f32", x), x.astype(np.float32))

def wide(random):
    """Doubles around singles: random ones, their midpoints and neighbours."""
    code = random.integers(0, 0x7f800000, 100_000, dtype=np.int64)
    exact = np.concatenate([code, np.arange(64), 0x7f800000 - np.arange(1, 64)]).astype(np.int32).view(np.float32)
    exact = exact.astype(np.float64)
    gaps = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 1, -126) - 23)
    points = np.concatenate([exact, exact + gaps / 2, exact + gaps])
    around = [np.nextafter(points, to) for to in (0, np.inf)]
    whole = random.integers(0, 2**63, 20_000, dtype=np.int64).view(np.float64)
    positive = np.concatenate([points, *around, whole, [0, np.inf, np.nan]])
    return np.concatenate([positive, -positive])

# ml_dtypes, whose conversions from float32 round once.
ML_DTYPES = {"bf16": "bfloat16", "e5m2": "float8_e5m2", "e4m3fn": "float8_e4m3fn", "e4m3ieee": "float8_e4m3",
             "e3m4": "float8_e3m4", "e5m2fnuz": "float8_e5m2fnuz", "e4m3fnuz": "float8_e4m3fnuz",
             "e4m3b11fnuz": "float8_e4m3b11fnuz", "e3m2fn": "float6_e3m2fn", "e2m3fn": "float6_e2m3fn",
             "e2m1fn": "float4_e2m1fn"}

def ml_dtypes_(ours, table, random):
    of = lambda name, x: x.astype(np.float32).astype(getattr(ml_dtypes, ML_DTYPES[name]))
    with Count(table, "ml_dtypes", "float32 to each", f"{len(ML_DTYPES)}") as count:
        for name in ML_DTYPES:
            x = inputs(SHAPES[name], random, single=True)
            x = x[~np.isnan(x)] if name in FINITE else x
            count.hold(name, x, ours(name, x), of(name, x).astype(np.float64))
    with Count(table, "ml_dtypes", "codes", f"{len(ML_DTYPES)}") as count:
        for name in ML_DTYPES:
            x = inputs(SHAPES[name], random, single=True)
            x = random.choice(x[~np.isnan(x)], 2000)
            theirs = of(name, x)
            # Codes of NaN are any of theirs.
            is_number = ~np.isnan(theirs.astype(np.float64))
            codes = theirs.view(np.uint16 if theirs.itemsize == 2 else np.uint8)[is_number]
            count.hold(name, x[is_number], ours.codes(name, x[is_number]), codes)

# gfloat.
P3109 = lambda precision, domain: gfloat.formats.format_info_p3109(8, precision, domain=domain)
GFLOAT = {"f16": gfloat.formats.format_info_binary16, "bf16": gfloat.formats.format_info_bfloat16,
          "e5m2": gfloat.formats.format_info_ocp_e5m2, "e4m3fn": gfloat.formats.format_info_ocp_e4m3,
          "e3m2fn": gfloat.formats.format_info_ocp_e3m2, "e2m3fn": gfloat.formats.format_info_ocp_e2m3,
          "e2m1fn": gfloat.formats.format_info_ocp_e2m1, "binary8p3se": P3109(3, gfloat.Domain.Extended),
          "binary8p4se": P3109(4, gfloat.Domain.Extended), "e5m2fnuz": P3109(3, gfloat.Domain.Finite),
          "e4m3fnuz": P3109(4, gfloat.Domain.Finite)}
DIRECTIONS = {"nearest": RoundMode.TiesToEven, "zero": RoundMode.TowardZero, "up": RoundMode.TowardPositive,
              "down": RoundMode.TowardNegative}

def gfloat_(ours, table, random):
    for what, saturates in (("4 directions", False), ("4 directions, saturating", True)):
        for kind, names in (("round_ndarray", GFLOAT), ("round_float", [x for x in GFLOAT if SHAPES[x][0] < 8])):
            with Count(table, "gfloat", f"{kind}, {what}", f"{len(names)}") as count:
                for name in names:
                    x = inputs(SHAPES[name], random)
                    x = x[~np.isnan(x)] if name in FINITE else x
                    x = random.choice(x, min(len(x), 3000), replace=False) if kind == "round_float" else x
                    info = GFLOAT[name]
                    for direction, mode in DIRECTIONS.items():
                        if name in FINITE and not saturates:
                            y = x[np.abs(x) <= info.max]
                        else:
                            y = x
                        arithmetic = f"{name}:round={direction}{':saturate' * saturates}"
                        if kind == "round_float":
                            theirs = [gfloat.round_float(info, float(v), mode, saturates) for v in y]
                        else:
                            theirs = gfloat.round_ndarray(info, y, mode, saturates)
                        count.hold(arithmetic, y, ours(arithmetic, y), theirs)
    with Count(table, "gfloat", "codes", f"{len(GFLOAT)}") as count:
        for name, info in GFLOAT.items():
            x = inputs(SHAPES[name], random)
            x = gfloat.round_ndarray(info, random.choice(x[np.isfinite(x)], 2000), sat=True)
            count.hold(name, x, ours.codes(name, x), [gfloat.encode_float(info, float(v)) for v in x])
    stochastic(ours, table, random)
    blocks(ours, table, random)

def stochastic(ours, table, random):
    def error(name, drawn, random_bits):
        """gfloat 0.5.2 adds fraction and draw in floating point, where their sum can round up to 1."""
        def proof(_, x, ours, theirs):
            carry = lambda _, fraction: math.floor(fraction * 2**random_bits) + drawn >= 2**random_bits
            up = lambda _, fraction: float(fraction) + drawn * 2.0**-random_bits >= 1.0
            return ours == exact_round(x, SHAPES[name], carry) and theirs == exact_round(x, SHAPES[name], up)
        return proof
    names = ["f16", "bf16", "e5m2", "e4m3fn", "binary8p3se", "binary8p4se", "e3m2fn", "e2m1fn"]
    with Count(table, "gfloat", "StochasticFastest, draws given", f"{len(names)}", True) as count:
        for name in names:
            for random_bits in (1, 2, 4, 8, 13):
                x = inputs(SHAPES[name], random, most=1500, steps=min(2**random_bits, 16))
                x = x[np.abs(x) <= GFLOAT[name].max] if name in FINITE else x
                draws = [0, 2**random_bits - 1, *random.integers(0, 2**random_bits, 4).tolist()]
                for drawn in sorted(set(draws)):
                    theirs = gfloat.round_ndarray(GFLOAT[name], x, RoundMode.StochasticFastest, name in FINITE,
                                                  np.full(len(x), drawn), random_bits)
                    arithmetic = f"{name}:round=stochastic={random_bits}"
                    count.hold(f"{arithmetic} {drawn}", x, ours(arithmetic, x, "--random", drawn), theirs,
                               error(name, drawn, random_bits))

BLOCKS = {"mxfp8": "mxfp8_e4m3", "mxfp8-e5m2": "mxfp8_e5m2", "mxfp6": "mxfp6_e2m3", "mxfp6-e3m2": "mxfp6_e3m2",
          "mxfp4": "mxfp4_e2m1"}
ELEMENTS = {"mxfp8": "e4m3fn", "mxfp8-e5m2": "e5m2", "mxfp6": "e2m3fn", "mxfp6-e3m2": "e3m2fn", "mxfp4": "e2m1fn"}

def blocks(ours, table, random):
    with Count(table, "gfloat", "quantize_block, blocks of 32", f"{len(BLOCKS)}", True) as count:
        for name, theirs in BLOCKS.items():
            info = getattr(gfloat.formats, f"format_info_{theirs}")
            x = random.normal(size=(1500, 32)) * 2.0**random.integers(-140, 140, (1500, 1))
            # Wide blocks, ties of elements, largest magnitudes next to a power of two, zeros.
            wide = random.normal(size=(500, 32)) * 2.0**random.integers(-20, 20, (500, 32))
            ties = np.round(random.uniform(-64, 64, (500, 32))) / 8 * 2.0**random.integers(-30, 30, (500, 1))
            ends = random.uniform(-1, 1, (200, 32))
            ends[:, 0] = np.nextafter(2.0**random.integers(-100, 100, 200), random.choice([0, np.inf], 200))
            ends[:, 1:] *= np.abs(ends[:, :1])
            x = np.concatenate([x, wide, ties, ends, np.zeros((1, 32)), -np.zeros((1, 32))]).astype(np.float64)
            quantised = np.array([gfloat.quantize_block(info, row, gfloat.compute_scale_amax) for row in x])
            mine = ours.array(x, "--operands", name)
            turned = ours.array(x.T, "--operands", name, "--along", "columns").T
            assert (bits(mine) == bits(turned)).all(), f"{name} along columns"
            # gfloat takes the floor of a rounded logarithm.
            amax = np.abs(x).max(axis=1)
            exact = np.frexp(np.where(amax == 0, 1, amax))[1] - 1
            shape, largest = SHAPES[ELEMENTS[name]], info.etype.max

            def proof(at, x, ours, theirs):
                def scaled(floor):
                    scale = 2.0**min(max(floor - shape[2], -127), 127)
                    element = exact_round(x / scale, shape, chooses("nearest", False))
                    return math.copysign(min(abs(element), largest), x) * scale
                floor = int(exact[at // 32])
                is_misjudged = math.floor(math.log2(amax[at // 32])) == floor + 1
                return is_misjudged and ours == scaled(floor) and theirs == scaled(floor + 1)
            count.hold(name, x, mine, quantised, proof)

# APyTypes: IEEE-like formats of any width, directions, and sums.
APY = {"f16": (5, 10), "bf16": (8, 7), "tf32": (8, 10), "e5m2": (5, 2), "e4m3ieee": (4, 3), "e3m4": (3, 4),
       "e6m9": (6, 9), "e2m5": (2, 5)}
APY_MODES = {"nearest": Mode.TIES_EVEN, "zero": Mode.TO_ZERO, "up": Mode.TO_POS, "down": Mode.TO_NEG,
             "odd": Mode.JAM_UNBIASED}

def lost_carry(shape, direction):
    """APyTypes makes 0 of what rounds from below to the smallest normal number."""
    def proof(_, x, ours, theirs):
        least = 2.0**shape[1]
        exact = exact_round(x, shape, chooses(direction, x < 0))
        return abs(x) < least and abs(exact) == least and ours == exact and theirs == 0
    return proof

def apytypes_(ours, table, random):
    with Count(table, "APyTypes", f"cast of float64, {len(APY_MODES)} directions", f"{len(APY)}", True) as count:
        for name, widths in APY.items():
            x = inputs(SHAPES[name], random)
            for direction, mode in APY_MODES.items():
                y = x[~(np.isfinite(x) & (np.abs(x) >= 2.0**(SHAPES[name][2] + 1)))] if direction == "odd" else x
                theirs = APyFloatArray.from_float(y, 11, 52).cast(*widths, quantization=mode).to_numpy()
                arithmetic = f"{name}:round={direction}"
                count.hold(arithmetic, y, ours(arithmetic, y), theirs, lost_carry(SHAPES[name], direction))
    with Count(table, "APyTypes", "from_float", f"{len(APY)}") as count:
        for name, widths in APY.items():
            x = inputs(SHAPES[name], random)
            count.hold(name, x, ours(name, x), APyFloatArray.from_float(x, *widths).to_numpy())
    with Count(table, "APyTypes", "cast of bf16 to f32", "1", True) as count:
        x = members(*SHAPES["bf16"])[:-2]
        theirs = APyFloatArray.from_float(x, *APY["bf16"]).cast(8, 23).to_numpy()
        lost_bits = lambda _, x, ours, theirs: 0 < x < 2.0**-126 and ours == x != theirs
        count.hold("f32", x, ours("f32", x), theirs, lost_bits)
    sums(ours, table, random)

def in_order(terms):
    """Sums of the rows from left to right."""
    total = terms[:, 0]
    for k in range(1, terms.shape[1]):
        total = total + terms[:, k]
    return total

def sums(ours, table, random):
    names = ["f16", "bf16", "tf32", "e5m2", "e4m3ieee", "e6m9"]
    with Count(table, "APyTypes", f"sums of rows, {len(APY_MODES)} directions", f"{len(names)}") as count:
        for name in names:
            for direction, mode in APY_MODES.items():
                for x in rows(SHAPES[name], random):
                    # Rounding to odd overflows otherwise.
                    if direction == "odd" and np.abs(x).max() > 2.0**(SHAPES[name][2] - 8):
                        continue
                    x = APyFloatArray.from_float(x, *APY[name])
                    with apytypes.APyFloatQuantizationContext(mode):
                        theirs = in_order(x).to_numpy()
                    x, arithmetic = x.to_numpy(), f"{name}:round={direction}"
                    count.hold(arithmetic, x[:, 0], ours(arithmetic, x, "--sum"), theirs)
    with Count(table, "APyTypes", "dot products (products theirs)", "2") as count:
        for name in ("f16", "bf16"):
            for x, y in zip(rows(SHAPES[name], random), rows(SHAPES[name], random)):
                x, y = (APyFloatArray.from_float(z, *APY[name]) for z in (x, y))
                products, theirs = (x * y).to_numpy(), in_order(x * y).to_numpy()
                count.hold(name, products[:, 0], ours(name, products, "--sum"), theirs)
    with Count(table, "APyTypes", "sums in an f32 accumulator", "2") as count:
        for name in ("f16", "bf16"):
            for x in rows(SHAPES[name], random):
                x = APyFloatArray.from_float(x, *APY[name]).to_numpy()
                total = in_order(APyFloatArray.from_float(x, 8, 23))
                theirs = total.cast(*APY[name]).to_numpy()
                arithmetic = f"{name}:acc=f32"
                count.hold(arithmetic, total.to_numpy(), ours(arithmetic, x, "--sum"), theirs)

def rows(shape, random):
    """Rows to sum: of one size, that cancel, of every size, small integers with ties and zeros, near overflow."""
    precision, emin, emax = shape
    size = lambda low, high: 2.0**random.integers(low, high, (400, 24))
    gauss = random.normal(size=(400, 24))
    cancel = np.concatenate([gauss, -gauss[:, ::-1]], axis=1)
    tiny = random.normal(size=(400, 24)) * 2.0**(emin - 1)
    integers = random.integers(-3, 4, (400, 24)) * size(0, precision + 1)
    near = random.normal(size=(400, 24)) * 2.0**(emax - 1)
    return [gauss, cancel, random.normal(size=(400, 24)) * size(-precision, precision), tiny, integers, near]

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/precision-probe", help="the program to check")
    binary = pathlib.Path(parser.parse_args().binary).resolve()
    if not binary.is_file():
        sys.exit(f"{binary} is missing: run cargo build --release")
    np.seterr(all="ignore")
    table, random = Table(), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for check in (numpy_, ml_dtypes_, gfloat_, apytypes_):
            check(Ours(binary, pathlib.Path(folder)), table, random)
    packages = ("numpy", "ml_dtypes", "gfloat", "apytypes")
    print(", ".join(f"{package} {version(package)}" for package in packages) + "\n")
    print(table.text(), *table.shown, *table.lost, "", told(*RULES), told(*ERRORS), sep="\n")
    sys.exit(bool(table.shown or table.lost))

main()
