"""`ratings` and `trial ratings`, as a person at a terminal meets them."""

import gzip
from pathlib import Path

from tests.commands.conftest import Cli, rows, said
from tests.servers import Database

ANSWERS = "student,item,skill,correct,order\n" + "".join(
    f"{student},{item},s,{int((number + len(student)) % 3 != 0)},{number}\n"
    for student in ("a", "bb")
    for number, item in enumerate("xyzxyzxyzx", start=1)
)
ANSWERED = """
insert into subjects (name) values ('Algebra');
insert into practice_bank_items (question_text, answer_text, subject_id, difficulty_level)
select '2 + 2 = ?', '4', id, 5 from subjects;
insert into practice_assignments (student_id, source, bank_item_id, subject_id, difficulty_level, completed,
    completed_at, performance_score, answer_number, question_rating_before, question_rating_after)
select users.id, 'bank', items.id, items.subject_id, 5, true, now(), 1, 1, 1000, 1000
from users, practice_bank_items as items where users.role = 'student'
"""
MINE = """
select r.rating, r.answers, i.answers, f.answers
from student_ratings r, practice_item_ratings i, practice_familiarity f
"""


def test_ratings_are_looked_at_and_written(cli: Cli, people: Database) -> None:
    rows(people, ANSWERED)
    code, out, err = said(cli("ratings", DATABASE_URL=people.owner_url))
    assert (code, err) == (1, "Run `study-companion ratings --write` to store what the answers come to.\n")
    assert out.splitlines() == [
        "1 students' ratings, 1 stored otherwise",
        "1 questions' ratings, 1 stored otherwise",
        "1 memories of a question, 1 stored otherwise",
        "From 1 answers at RATING_K=32.",
    ]
    assert rows(people, MINE) == []
    assert said(cli("ratings", "--write", DATABASE_URL=people.owner_url))[0] == 0
    assert rows(people, MINE) == [(1052, 1, 1, 1)]
    code, out, err = said(cli("ratings", DATABASE_URL=people.owner_url))
    assert (code, err) == (0, "")
    assert "0 stored otherwise" in out


def test_the_model_is_tried_on_a_file(cli: Cli, tmp_path: Path) -> None:
    plain, packed = tmp_path / "answers.csv", tmp_path / "answers.csv.gz"
    plain.write_text(ANSWERS)
    packed.write_bytes(gzip.compress(ANSWERS.encode()))
    code, out, err = said(cli("trial", "ratings", plain))
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "20 answers of 2 students, RATING_K=32"
    assert [line.split()[:3] for line in out.splitlines()[2:]] == [["all", "students", "16"], ["every", "second", "8"]]
    assert cli("trial", "ratings", packed).stdout == out
    assert cli("trial", "ratings", plain, RATING_K=64).stdout != out


def test_files_that_cannot_be_tried(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(ANSWERS.encode())[:40])
    binary, other = tmp_path / "binary.csv", tmp_path / "other.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    other.write_text("a,b\n1,2\n")
    for file, reason in (
        (broken, "end-of-stream"),
        (binary, "can't decode"),
        (other, "columns correct, item, order, student are missing"),
        (tmp_path / "none.csv", "No such file"),
    ):
        code, out, err = said(cli("trial", "ratings", file))
        assert (code, out) == (1, "")
        assert reason in err


def test_the_choice_is_tried_on_students_of_known_ability(cli: Cli) -> None:
    code, out, err = said(cli("trial", "choice", "--students", 2, "--items", 30, "--answers", 50, "--target", "0.8"))
    assert (code, err) == (0, "")
    first, _, *rows_of = out.splitlines()
    assert first == "2 students, 30 questions, 50 answers each, RATING_K=32"
    assert [(row[:34].strip(), row.split()[-7]) for row in rows_of] == [
        ("open questions", "0.80"),
        ("a third with four choices", "0.80"),
        ("nobody remembers a question", "0.80"),
    ]
    assert cli("trial", "choice", "--target", "0.99").exit_code == 2
