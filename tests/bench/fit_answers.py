"""How the weights in domain/companion/answers.py came to be: `python -m tests.bench.fit_answers FILE`.

Softmax over the stretches of a question; what is raised is the expected squared token F1, against a penalty on the
weights (in standard deviations of their features). Half of the topics only; pure Python, some minutes.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from domain.companion import answers
from domain.companion.retrieval import Asked, rank
from tests.bench.questions_file import Case, QuestionsFile, best_f1, read

STEPS = 250
RATE = 0.1
PENALTY = 0.15


@dataclass(frozen=True, slots=True)
class Example:
    """The stretches of one question: features, and what each is worth."""

    rows: list[list[float]]
    worth: list[float]


def main(path: Path) -> None:
    """Print weights."""
    file = read(path)
    examples: list[Example] = []
    names: list[str] = []
    for case in file.on(file.topics[::2]):
        example, names = _example(file, case)
        if any(example.worth):
            examples.append(example)
    for name, weight in zip(names, fitted(examples), strict=True):
        print(f'    "{name}": {weight:.2g},')


def _example(file: QuestionsFile, case: Case) -> tuple[Example, list[str]]:
    asked = Asked.read(case.question)
    asked = asked.corrected(file.passages, file.corpus(asked).frequency)
    corpus = file.corpus(asked)
    _, tried = answers.candidates(asked, rank(asked, file.passages, corpus), corpus)
    rows = [list(each.features.values()) for each in tried]
    return Example(rows, [best_f1(each.text, case.answers) ** 2 for each in tried]), list(tried[0].features)


def fitted(examples: list[Example]) -> list[float]:
    """The weights, by Adam."""
    every = [row for example in examples for row in example.rows]
    width = len(every[0])
    means = [sum(row[k] for row in every) / len(every) for k in range(width)]
    scale = [math.sqrt(sum((row[k] - means[k]) ** 2 for row in every) / len(every)) + 1e-9 for k in range(width)]
    scaled = [Example([[v / s for v, s in zip(row, scale, strict=True)] for row in e.rows], e.worth) for e in examples]
    weights, first, second = [0.0] * width, [0.0] * width, [0.0] * width
    for step in range(1, STEPS + 1):
        gradient = [-PENALTY * weight for weight in weights]
        for example in scaled:
            scores = [sum(w * v for w, v in zip(weights, row, strict=True)) for row in example.rows]
            highest = max(scores)
            masses = [math.exp(score - highest) for score in scores]
            total = sum(masses)
            gain = sum(m * w for m, w in zip(masses, example.worth, strict=True)) + 1e-12
            for mass, worth, row in zip(masses, example.worth, example.rows, strict=True):
                pull = (mass * worth / gain - mass / total) / len(scaled)
                for k, value in enumerate(row):
                    gradient[k] += pull * value
        rate = RATE if step < STEPS * 0.7 else RATE / 5
        for k in range(width):
            first[k] = 0.9 * first[k] + 0.1 * gradient[k]
            second[k] = 0.99 * second[k] + 0.01 * gradient[k] ** 2
            step_size = (first[k] / (1 - 0.9**step)) / (math.sqrt(second[k] / (1 - 0.99**step)) + 1e-8)
            weights[k] += rate * step_size
    return [weight / each for weight, each in zip(weights, scale, strict=True)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
