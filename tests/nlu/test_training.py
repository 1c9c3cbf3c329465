"""What Rasa is trained on, and that it is trained once: with the real Rasa on a handful of sentences."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml

from nlu.normalize import normalize
from nlu.rasa_environment import RasaEnvironmentMissing
from nlu.training import TrainingFailed, TrainingPaths, cross_validation, train
from nlu.training_data import Example, for_training, parse_example, read_examples, write_examples
from nlu.variants import placed, variants

SMALL = {
    "greet": ["你好", "您好啊", "喂你好", "早上好"],
    "goodbye": ["再见", "拜拜", "那我挂了", "先这样吧"],
    "inform": ["我叫[张秀英](name)", "名字是[李建国](name)", "办[异地备案](matter)", "去[补社保卡](matter)"],
    "out_of_scope": [
        "明天下不下雨",
        "红烧肉怎么做",
        "公交几路到车站",
        "放首歌听",
        "股票涨了没",
        "给我算一卦",
    ],
}


def _write(folder: Path, intents: dict[str, list[str]]) -> Path:
    folder.mkdir(exist_ok=True)
    nlu = [
        {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}
        for intent, lines in intents.items()
    ]
    (folder / "small.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), "utf-8"
    )
    return folder


def test_marks_are_read_and_written_back() -> None:
    marked = "我叫[张秀英](name),办[异地备案](matter)的"
    example = parse_example("inform", marked)
    assert example.text == "我叫张秀英,办异地备案的"
    assert example.marked() == marked
    assert parse_example("greet", "你好").pieces == (("你好", None),)


def test_a_misheard_copy_keeps_its_marks_in_place() -> None:
    example = parse_example("inform", "我的名字叫[张秀英](name),我要办[异地备案](matter)。")
    copies = [example.misheard(0.5, str(salt)) for salt in range(10)]
    assert all([type_ for _, type_ in copy.pieces] == [None, "name", None, "matter"] for copy in copies)
    assert all("," not in copy.text and "。" not in copy.text for copy in copies)
    assert len({copy.text for copy in copies}) > 5
    assert example.misheard(0.5, "0") == copies[0]


def test_sentences_arrive_as_citizens_do() -> None:
    example = Example("greet", (("請問 怎麼 備案?", None),))
    assert example.normalized().text == normalize("請問 怎麼 備案?")


def test_nothing_is_learnt_twice() -> None:
    examples = [
        parse_example("greet", "你好"),
        parse_example("greet", "你好!"),
        parse_example("greet", "你好"),
    ]
    texts = [example.text for example in for_training(examples, (0.3, 0.5))]
    assert len(texts) == len(set(texts))


def test_variants_put_others_in_the_marked_places() -> None:
    examples = [parse_example("inform", line) for line in SMALL["inform"]] + [parse_example("greet", "你好")]
    made = list(variants(examples, 5))
    assert len(made) == 20  # nothing of the one without marks
    assert {copy.pieces[0][0] for copy in made} == {"我叫", "名字是", "办", "去"}
    names = {text for copy in made for text, type_ in copy.pieces if type_ == "name"}
    assert len(names) > 5
    assert {text for copy in made for text, type_ in copy.pieces if type_ == "matter"} == {
        "异地备案",
        "补社保卡",
    }
    assert made == list(variants(examples, 5))


def test_places_stand_beside_questions_only() -> None:
    questions = [parse_example("ask_e_voucher", f"医保码怎么激活{number}") for number in range(60)]
    others = [parse_example("greet", "你好"), parse_example("ask_e_voucher", "济南的医保码怎么激活")]
    made = list(placed([*questions, *others]))
    assert 10 < len(made) < 35
    assert all(copy.intent == "ask_e_voucher" and "医保码怎么激活" in copy.text for copy in made)
    assert all(len(copy.text) > len("医保码怎么激活10") for copy in made)
    assert len({copy.text for copy in made}) == len(made)
    assert made == list(placed([*questions, *others]))


def test_odd_data_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text("nlu:\n- synonym: x\n  examples: |\n    - y\n", "utf-8")
    with pytest.raises(ValueError, match=r"odd\.yml"):
        read_examples(tmp_path)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    examples = [parse_example(intent, line) for intent, lines in SMALL.items() for line in lines]
    count = write_examples(examples, tmp_path / "nlu.yml", {})
    assert count == len(examples)
    assert sorted(read_examples(tmp_path), key=repr) == sorted(examples, key=repr)


@pytest.mark.timeout(600)
def test_trains_once_for_each_state_of_the_data(tmp_path: Path) -> None:
    paths = TrainingPaths(tmp_path / "state", data=_write(tmp_path / "data", SMALL))
    said: list[str] = []
    models: list[Path] = []
    callers = [threading.Thread(target=lambda: models.append(train(paths, said.append))) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    first = models[0]
    assert set(models) == {first}
    assert first.parent == tmp_path / "state" / "models"
    assert sum("sentence vectors" in line for line in said) == 1  # one trained, the other waited
    assert [file.name for file in first.parent.glob("training-*")] == []
    found = cross_validation(first)
    assert found is not None
    assert found["sentences"] > len([line for lines in SMALL.values() for line in lines])  # with other names
    assert 0 <= found["accuracy"] <= 1

    said.clear()
    assert train(paths, said.append) == first
    assert said == []

    _write(tmp_path / "data", {**SMALL, "greet": [*SMALL["greet"], "大家好"]})
    second = train(paths, said.append)
    assert second != first
    assert second.exists()
    _write(tmp_path / "data", SMALL)
    assert train(paths) == first


def test_without_the_environment_it_says_what_to_do(tmp_path: Path) -> None:
    data = _write(tmp_path / "data", SMALL)
    with pytest.raises(RasaEnvironmentMissing, match="make run"):
        train(TrainingPaths(tmp_path, data=data, environment=tmp_path / "nowhere"))


@pytest.mark.timeout(300)
def test_a_failure_names_its_log(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "recipe: default.v1\nlanguage: zh\nassistant_id: x\npipeline:\n- name: NoSuchThing\n", "utf-8"
    )
    paths = TrainingPaths(tmp_path, data=_write(tmp_path / "data", SMALL), config=config)
    with pytest.raises(TrainingFailed, match=r"nlu-training\.log"):
        train(paths)
    assert "NoSuchThing" in (tmp_path / "log" / "nlu-training.log").read_text("utf-8")
    assert not list(paths.models.glob("nlu-*"))
