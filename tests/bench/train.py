"""Trains the second opinion (`make train-screen`): encoder's meanings in, plain arrays and thresholds out. Never learns from a blind part.

1. Every message of the corpora once; near-duplicates by meaning go. (`part_c`, many variations of few messages, is left out.)
2. A bag of lengths and marks alone must tell little: messages are weighed so that it does not.
3. With `--compare`: logistic regression, a support vector machine and gradient boosting over the encoder as it is, and the encoder tuned
   (`tune.py`), on a writer held out.
4. The encoder is tuned without each third of the writers in turn: what it says of them sets its calibration, how rules and model are
   joined, and the thresholds by language. The rules' points are fitted without those writers too.
5. Tuned to everything, it is written to `content/crisis/opinion.npz`, the table to `content/crisis/opinion.yaml`.

With `--further` the shipped networks are taken further instead, in a fifth of the time: over the messages that they have not read, and
some of those that they have, lest they forget. Calibration and table stay: there is no writer whom the shipped networks have not read.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.svm import SVC

from bot.content.library import shipped_root
from bot.opinion.encoder import Cutter, load_encoder
from bot.opinion.model import FORMAT, load, small
from bot.opinion.network import ADDED, MEANING, TUNED
from bot.safety.levels import Level
from tests.bench import tune, weigh
from tests.bench.corpus import Row, examples, is_blind, parts, rows
from tests.bench.screen import shipped
from tests.bench.slips import slipped

VERSION = "7"
FOLDS = 3  # of the writers
NETWORKS = 3  # of what is written
READINGS = 4  # of each message with slips
REHEARSED = 16_000  # messages that are read again when networks are taken further
APART = 0.05  # how far a probability that runs may be from the one that was tuned: rounding
DIRECTIONS = 48  # of the meanings, by which messages are found that are alike
ALIKE = 0.97  # cosine from which on two messages of one level say the same
VARIED = "part_c"
EXAMPLES = "examples"  # those beside the lexicons
FALSE_ALARMS = 0.03  # of harmless messages, on writers held out
# How often harmless messages are halves of a minimal pair, or written to look like danger, when thresholds are set; in the corpora they are
# two thirds.
MET = {"pair": 0.07, "lookalike": 0.23, "other": 0.7}
EMERGENCY_BESIDE, EMERGENCY_ALONE = 0.6, 0.85
CONTEXT = {"case": (1.0, 24), "watch": (0.5, 12), "craving": (0.5, 24)}
PART, FURTHER = 1.25, 1.0  # what is asked of a part of a message beyond what is asked of it whole
COLUMNS = [tune.PAGE, tune.EMERGENCY, tune.OTHER, *range(tune.CATEGORY.start + 1, tune.CATEGORY.stop)]  # of what is written
HEAVIEST = 2.5  # how much the balance of lengths may weigh a message up, or down
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Told:
    """The messages that are learned from, in one order.

    Attributes:
        meanings: by the encoder as the package has it.
        pieces: the word pieces of each, then of each with slips.
    """

    rows: list[Row]
    parts: Array
    meanings: Array
    pieces: list[list[list[int]]]
    pages: Array
    emergency: Array
    weights: Array

    def of(self, keep: Array) -> Told:
        """Those that a mask keeps."""
        chosen = [row for row, kept in zip(self.rows, keep, strict=True) if kept]
        pieces = [one for one, kept in zip(self.pieces, keep, strict=True) if kept]
        return Told(chosen, self.parts[keep], self.meanings[keep], pieces, self.pages[keep], self.emergency[keep], self.weights[keep])

    def lesson(self) -> tune.Lesson:
        """For tuning."""
        return tune.Lesson(
            self.pieces,
            np.array([tune.LEVELS.index(row.level) for row in self.rows]),
            np.array([_category(row) for row in self.rows]),
            np.array([row.kind == "third_person" for row in self.rows]),
            self.weights,
            self.partners(),
        )

    def partners(self) -> Array:
        """Where the other half of a message's minimal pair stands, if one of them pages and the other does not; else -1."""
        halves: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, row in enumerate(self.rows):
            if row.pair:
                halves[self.parts[at], row.pair].append(at)
        out = np.full(len(self.rows), -1)
        for both in halves.values():
            if len(both) == 2 and self.pages[both[0]] != self.pages[both[1]]:
                out[both] = both[::-1]
        return out


def _category(row: Row) -> int:
    if row.level is Level.NONE:
        return 0
    return 1 + tune.CATEGORIES.index(row.category) if row.category is not None else -1


def plain(text: str, read: Any) -> str:
    """A message as the model reads it, whole."""
    return " ".join(read(text).split())


def learned_from() -> list[tuple[str, Row]]:
    """The messages of all parts that may be learned from, and where they stand."""
    wanted = [part for part in parts() if not is_blind(part) and part != VARIED]
    return [(part, row) for part in (EXAMPLES, *wanted) for row in (rows(part) if part != EXAMPLES else examples())]


def gather(messages: Iterable[tuple[str, Row]], words: tune.Words) -> Told:
    """Messages, each text once, without near-duplicates of one level."""
    read = shipped().plain
    by_text: dict[str, tuple[str, Row]] = {}
    for part, row in messages:
        by_text.setdefault(plain(row.text, read), (part, row))
    by_text.pop("", None)
    texts, found = list(by_text), list(by_text.values())
    dice, cutter = np.random.default_rng(3), Cutter()
    pieces = [[cutter.cut(text), *(cutter.cut(slipped(text, dice)) for _ in range(READINGS))] for text in texts]
    meanings = words.meanings([one[0] for one in pieces])
    keep = np.ones(len(found), dtype=bool)
    levels = np.array([row.level.value for _, row in found])
    for at in range(0, len(found), 500):
        near = meanings[at : at + 500] @ meanings.T >= ALIKE
        for offset, line in enumerate(near):
            number = at + offset
            keep[number] = not any(keep[other] and levels[other] == levels[number] for other in np.flatnonzero(line[:number]))
    print(f"{len(found)} messages, {int((~keep).sum())} of them near-duplicates that go")
    told = Told(
        [row for _, row in found],
        np.array([part for part, _ in found]),
        meanings,
        pieces,
        np.array([row.level.pages for _, row in found]),
        levels == Level.EMERGENCY.value,
        np.array([weigh.OWN if part.startswith("voices") or part == EXAMPLES else 1.0 for part, _ in found]),
    )
    return told.of(keep)


def marks(text: str) -> list[float]:
    """What can be seen without reading: length and marks."""
    words = text.split()
    return [
        float(len(text)),
        float(len(words)),
        float(np.mean([len(word) for word in words])) if words else 0.0,
        *(float(text.count(mark)) for mark in ".,!?'\"()…-"),
        float(sum(map(str.isupper, text))),
        float(sum(map(str.isdigit, text))),
        float(sum(ord(character) > 0x2000 for character in text)),
        float(text[:1].isupper()),
        float(text[-1:] in ".!?"),
    ]


def balanced(told: Told) -> Told:
    """Weighs messages so that lengths and marks alone tell little: the longer ones of the crises count less, of the harmless more.

    Prints how well they tell crises from harmless messages before and after (0.5 is chance).
    """
    table = np.array([marks(row.text) for row in told.rows])
    table = (table - table.mean(0)) / (table.std(0) + 1e-9)
    table = np.hstack([table, np.minimum(table, 0), table**2])
    chance = cross_val_predict(LogisticRegression(max_iter=500), table, told.pages, cv=5, method="predict_proba")[:, 1]
    share = told.pages.mean()
    weights = np.where(told.pages, share / chance, (1 - share) / (1 - chance)).clip(1 / HEAVIEST, HEAVIEST)
    print(f"lengths and marks alone: AUC {roc_auc_score(told.pages, chance):.2f} (chance 0.50), ", end="")
    print(f"weighed {roc_auc_score(told.pages, chance, sample_weight=weights):.2f}")
    return replace(told, weights=told.weights * weights)


def compare(told: Told, words: tune.Words, workshop: tune.Workshop, held_out: str) -> None:
    """Classifiers over the encoder as it is, and the encoder tuned, on one writer that none of them saw."""
    test = told.parts == held_out
    train, seen = told.of(~test), told.of(test)
    none = np.array([row.level is Level.NONE for row in seen.rows])
    for name, machine in (
        ("logistic regression", LogisticRegression(C=10, max_iter=2000)),
        ("gradient boosting", HistGradientBoostingClassifier(max_iter=200, learning_rate=0.1)),
        ("support vectors, RBF", SVC(C=5.0, gamma=1.2, cache_size=1000)),
        ("encoder tuned", None),
    ):
        if machine is None:
            members = [one.result() for one in [workshop.begin(train.lesson(), seed) for seed in range(NETWORKS)]]
            said = tune.Network(words, members).read([one[0] for one in seen.pieces])[1][:, tune.PAGE]
        else:
            machine.fit(train.meanings, train.pages, sample_weight=train.weights)
            said = machine.predict_proba(seen.meanings)[:, 1] if name.startswith("grad") else machine.decision_function(seen.meanings)
        page = said > np.quantile(said[none], 1 - FALSE_ALARMS)
        print(
            f"{name:<24}{held_out}: AUC {roc_auc_score(seen.pages, said):.3f}, at 3 % false alarms "
            f"{page[seen.emergency].mean():.2f} of emergencies, {page[seen.pages].mean():.2f} of emergencies and urgent ones",
            flush=True,
        )


def rules_logits(train: Sequence[weigh.Told], seen: Sequence[weigh.Told]) -> Array:
    """What the rules' points would be for messages that they were not fitted to, in logits."""
    base, weights = weigh.fit(train)
    return np.array([base + sum(weights.get(name, 0.0) for name in one.names) for one in seen])


def fold_of(told: Told) -> Array:
    """For each message the third that its writer belongs to; -1 for parts that are always learned from."""
    writers = sorted({part for part in told.parts if part.startswith("voices")} | {"part_a"})
    return np.array([writers.index(part) % FOLDS if part in writers else -1 for part in told.parts])


def out_of_writer(told: Told, words: tune.Words, networks: Sequence[Future[tune.Params]]) -> dict[str, Array]:
    """For each message what is said by rules and models that never saw its writer.

    Args:
        networks: for each third of the writers one that was tuned without it. One, where several run: what is asked of the sum is rather
            too much than too little, and it takes half as long.
    """
    screener = shipped()
    of_rules: dict[str, weigh.Told] = {}
    everything: list[tuple[str, weigh.Told]] = []
    learned = weigh.learned()
    for part in parts():
        for row in rows(part) if not is_blind(part) else ():
            if row.text not in of_rules:
                names = tuple(sorted(weigh.names_of(screener, row.text)))
                of_rules[row.text] = weigh.Told(names, row.level.pages, None, weigh.weight_of(part))
                if part in learned:
                    everything.append((part, of_rules[row.text]))
    folds = fold_of(told)
    out = {name: np.full(len(told.rows), np.nan) for name in ("rules", "page", "emergency")}
    for fold, network in enumerate(networks):
        test = folds == fold
        seen, without = told.of(test), set(told.parts[test])
        said = tune.Network(words, [network.result()]).read([one[0] for one in seen.pieces])[1]
        out["page"][test], out["emergency"][test] = said[:, tune.PAGE], said[:, tune.EMERGENCY]
        out["rules"][test] = rules_logits(
            [one for part, one in everything if part not in without], [of_rules[row.text] for row in seen.rows]
        )
        print(f"without {', '.join(sorted(without))}: {int(test.sum())} messages", flush=True)
    return out


def threshold(total: Array, none: Array, kinds: Mapping[str, Array], share: float) -> float:
    """The sum at which `share` of harmless messages page, when they are of each kind as often as MET says."""
    weight = np.zeros(len(total))
    for kind, often in MET.items():
        chosen = none & kinds[kind]
        weight[chosen] = often / max(1, chosen.sum())
    order = np.argsort(-total[none])
    passed = np.cumsum(weight[none][order]) <= share
    return float(total[none][order][passed.sum()]) + 1e-6


def slope(said: Array, wanted: Array, weights: Array) -> tuple[float, float]:
    """Platt's two numbers: said -> logit of the probability."""
    machine = LogisticRegression(C=1e6).fit(said.reshape(-1, 1), wanted, sample_weight=weights)
    return float(machine.coef_[0][0]), float(machine.intercept_[0])


def main() -> None:
    """Train, print what was found, write."""
    words = tune.Words()
    if "--further" in sys.argv:
        further(words)
        return
    told = gather(learned_from(), words)
    print(Counter(told.parts.tolist()))
    told = balanced(told)
    with tune.Workshop() as workshop:
        if "--compare" in sys.argv:
            compare(told, words, workshop, "voices_second")
        thirds = fold_of(told)
        folds = [workshop.begin(told.of(thirds != third).lesson()) for third in range(FOLDS)]
        networks = [workshop.begin(told.lesson(), seed) for seed in range(NETWORKS)]
        said = out_of_writer(told, words, folds)
        joined(told, said, tune.Network(words, [one.result() for one in networks]))


def further(words: tune.Words) -> None:
    """Takes the shipped networks over what they have not read."""
    with np.load(model_path(), allow_pickle=False) as file:
        known, head, bias = set(bytes(file["texts"]).decode().split("\n")), file["head"], file["bias"]
        slopes = list(zip(map(float, file["slope"]), map(float, file["shift"]), strict=True))
    messages = learned_from()
    read = np.array([_line(row.text) in known for _, row in messages])
    again = np.random.default_rng(5).permutation(np.flatnonzero(read))[:REHEARSED]
    told = gather([messages[at] for at in (*np.flatnonzero(~read), *again)], words)
    print(f"{int((~read).sum())} messages that it has not read, {len(again)} again", flush=True)
    told = balanced(told)
    shipped = [tune.taken_up(words, learned, head[at], bias[at], COLUMNS) for at, learned in enumerate(load(model_path())[1])]
    with tune.Workshop() as workshop:
        begun = [workshop.begin(told.lesson(), seed, one) for seed, one in enumerate(shipped)]
        network = tune.Network(words, [one.result() for one in begun])
    fresh = set(map(id, told.rows))
    every: dict[str, Row] = {}
    for (_, row), old in zip(messages, read, strict=True):
        if old or id(row) in fresh:
            every.setdefault(_line(row.text), row)
    write(list(every.values()), network, slopes)


def joined(told: Told, said: Mapping[str, Array], network: tune.Network) -> None:
    """Finds how the rules' word and the networks' are joined, from what was said of writers held out; writes everything."""
    known = ~np.isnan(said["page"])
    seen = told.of(known)
    page, emergency, rules = said["page"][known], said["emergency"][known], said["rules"][known]
    slopes = [slope(page, seen.pages, seen.weights), slope(emergency, seen.emergency, seen.weights)]
    logit = slopes[0][0] * page + slopes[0][1]
    join = LogisticRegression(C=1e6).fit(np.column_stack([rules, logit]), seen.pages)
    of_rules, of_model = map(float, join.coef_[0])
    of_point = of_rules / weigh.SCALE
    total = of_rules * rules + of_model * logit
    none, hard = np.array([row.level is Level.NONE for row in seen.rows]), np.array([row.kind == "lookalike" for row in seen.rows])
    pair = np.array([bool(row.pair) for row in seen.rows])
    kinds = {"pair": pair, "lookalike": hard & ~pair, "other": ~hard & ~pair}
    lang = np.array([row.lang for row in seen.rows])
    every = threshold(total, none, kinds, FALSE_ALARMS)
    # Half of a language's own, half of all: a few hundred harmless messages in one language say little about its last 3 %.
    page_at = {
        "en": (threshold(total, none & (lang == "en"), kinds, FALSE_ALARMS) + every) / 2,
        "es": (threshold(total, none & (lang != "en"), kinds, FALSE_ALARMS) + every) / 2,
    }
    page_at["und"] = max(page_at.values())
    paged = total >= np.where(lang == "en", page_at["en"], page_at["es"])
    print(f"joined: {of_point:.3f} a point, {of_model:.3f} a logit; page at {page_at}")
    for name, chosen in (("all", lang != ""), ("en", lang == "en"), ("es, mix", lang != "en")):
        print(
            f"  writers held out, {name}: emergencies {paged[chosen & seen.emergency].mean():.3f}, "
            f"emergency and urgent {paged[chosen & seen.pages].mean():.3f}, false alarms {paged[chosen & none].mean():.3f} "
            f"(lookalikes {paged[chosen & none & hard].mean():.3f}, others {paged[chosen & none & ~hard].mean():.3f})"
        )
    if "--show" in sys.argv:
        path = Path(sys.argv[sys.argv.index("--show") + 1])
        path.write_text("\n".join(shown(told, seen, total, paged, rules >= weigh.logit_of_sure())), encoding="utf-8")
    write(told.rows, network, slopes)
    write_table(of_point, of_model, page_at)


def shown(told: Told, seen: Told, total: Array, paged: Array, by_rules: Array) -> Iterator[str]:
    """Messages of writers held out: thirty that only the model caught, thirty that it paged wrongly, each with its nearest neighbours."""
    dice = np.random.default_rng(7)
    none = np.array([row.level is Level.NONE for row in seen.rows])
    for title, chosen in (
        ("only the model caught", seen.pages & paged & ~by_rules),
        ("false alarms of the model", none & paged & ~by_rules),
    ):
        yield f"== {title} ({int(chosen.sum())})"
        for at in dice.permutation(np.flatnonzero(chosen))[:30]:
            row = seen.rows[at]
            yield f"{row.level.value:<9} {total[at]:5.1f}  {row.text}"
            likeness = told.meanings @ seen.meanings[at]
            likeness[told.parts == seen.parts[at]] = -1
            for near in np.argsort(-likeness)[:3]:
                yield f"            {likeness[near]:.2f} {told.rows[near].level.value:<9} {told.rows[near].text}"


def model_path() -> Path:
    """Where the arrays are."""
    return shipped_root("content") / "crisis" / "opinion.npz"


def write_table(of_point: float, of_model: float, page_at: Mapping[str, float]) -> None:
    """Write how rules and model are joined; what stands above it stays."""
    table = model_path().with_suffix(".yaml")
    said = table.read_text(encoding="utf-8").split("joined:")[0] if table.is_file() else ""
    lines = [
        f"joined:\n  rules: {of_point:.3f}\n  model: {of_model:.3f}\n",
        "page:\n" + "".join(f"  {lang}: {at:.2f}\n" for lang, at in page_at.items()),
        f"emergency:\n  beside: {EMERGENCY_BESIDE}\n  alone: {EMERGENCY_ALONE}\n",
        "context:\n" + "".join(f"  {name}: {{less: {less}, hours: {hours}}}\n" for name, (less, hours) in CONTEXT.items()),
        f"part:\n  first: {PART}\n  further: {FURTHER}\n",
    ]
    table.write_text(said + "\n".join(lines), encoding="utf-8")


def _line(text: str) -> str:
    """A message as it is written into the file, where each is a line."""
    return " ".join(text.split())


def write(learned: Sequence[Row], network: tune.Network, slopes: Sequence[tuple[float, float]]) -> None:
    """Write the arrays, and read them back.

    Args:
        learned: the messages that the networks were tuned to.
        slopes: see `slope`, of page and emergency.
    """
    cutter, read = Cutter(), shipped().plain
    first = tune.Network(network.words, network.members[:1])
    meanings = first.read([cutter.cut(plain(row.text, read)) for row in learned])[0][:, :MEANING]
    _, _, turned = np.linalg.svd(meanings[:: max(1, len(meanings) // 8000)], full_matrices=False)
    directions = turned[:DIRECTIONS].T
    near = meanings @ directions
    levels = [level.value for level in Level]
    about = {
        "format": FORMAT,
        "version": VERSION,
        "categories": [category.value for category in tune.CATEGORIES],
        "levels": levels,
        "messages": len(learned),
    }
    head, bias = network.layers(COLUMNS)
    arrays: dict[str, Array] = {}
    for at, params in enumerate(network.members):
        for name in TUNED:
            arrays |= small(at, name, params[name] - network.words.start[name])
        for name in ADDED:
            arrays |= small(at, name, params[name])
    path = model_path()
    np.savez_compressed(
        path,
        allow_pickle=False,
        **arrays,
        head=head.astype(np.float32),
        bias=bias.astype(np.float32),
        slope=np.array([one for one, _ in slopes], dtype=np.float32),
        shift=np.array([one for _, one in slopes], dtype=np.float32),
        near=np.round(near / np.abs(near).max() * 127).astype(np.int8),
        directions=directions.astype(np.float16),
        level_of=np.array([levels.index(row.level.value) for row in learned], dtype=np.int8),
        texts=np.frombuffer("\n".join(_line(row.text) for row in learned).encode(), dtype=np.uint8),
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
    )
    written, weights = load(path)
    some = learned[:200]
    encoder = load_encoder(weights)
    pieces = encoder.cut([plain(row.text, read) for row in some])
    again = np.hstack([encoder.encode(pieces, at) for at in range(encoder.networks)])
    made = network.read(pieces)[1]
    print(f"written: {len(learned)} messages, {path.stat().st_size / 1e6:.1f} MB; read back, ", end="")
    probability = np.array([scores.page for scores in written.scores(again)])
    (steep, shift), _ = slopes
    apart = float(np.abs(probability - 1 / (1 + np.exp(-(steep * made[:, tune.PAGE] + shift)))).max())
    print(f"probabilities differ by up to {apart:.4f}")
    if apart > APART:
        raise SystemExit("what runs is not what was tuned: see bot/opinion/model.py, small")


if __name__ == "__main__":
    main()
