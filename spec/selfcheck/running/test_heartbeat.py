"""What the terminal shows while a run lasts."""

import time

from spec.harness.run_directory import RunDirectory
from spec.harness.running.heartbeat import Heartbeat
from spec.harness.sandbox.usage import Used


def used(seconds, call):
    """So many CPU-seconds of one question."""
    return Used({"q1": seconds}, {"metrics.f1": seconds}, {"metrics.f1": "too slow"}, call)


def test_a_call_that_lasts_stands_beside_what_it_is_for(tmp_path):
    """Each worker's training, since when, and the share of its limit that a long call has taken; only what goes on."""
    directory = RunDirectory(tmp_path)
    directory.write_status("gw0", f"{time.time() - 90}\nTexts.trained, 11 replicates")
    directory.write_implementation("gw0", used(151.2, "skip_gram.train_skip_gram: 150 of 600 CPU-s"))
    directory.write_implementation("gw1", used(3.0, "gan.gans().train: 2 of 600 CPU-s"))
    directory.write_status("gw2", "")
    directory.write_implementation("gw2", used(7.0, ""))
    with (tmp_path / "terminal").open("w") as terminal:
        heartbeat = Heartbeat(directory, terminal, at_once=True)
    assert heartbeat.under_way() == [
        "Texts.trained, 11 replicates (90 s), skip_gram.train_skip_gram: 150 of 600 CPU-s",
        "gan.gans().train: 2 of 600 CPU-s",
    ]


def test_each_process_knows_what_the_others_are_charged(tmp_path):
    """The limit of a run is one for all its processes."""
    directory = RunDirectory(tmp_path)
    assert directory.used_elsewhere("gw0", Used) == []
    told = {"gw0": used(151.5, ""), "gw1": used(3.0, ""), "main": used(0.25, "")}
    for worker, news in told.items():
        directory.write_implementation(worker, news)
    assert directory.used_elsewhere("gw0", Used) == [told["gw1"], told["main"]]


def test_a_log_gets_a_line_less_and_less_often(tmp_path, monkeypatch):
    """Of ten minutes: after 4 s, and so on, at last every minute; a terminal gets one every 4 s."""
    waits = {True: [], False: []}
    for watched in waits:
        with (tmp_path / "terminal").open("w") as terminal:
            monkeypatch.setattr(terminal, "isatty", lambda watched=watched: watched)
            heartbeat = Heartbeat(RunDirectory(tmp_path), terminal, at_once=True)

            def wait(seconds, waited=waits[watched]):
                waited.append(seconds)
                return sum(waited) > 600

            monkeypatch.setattr(heartbeat._stopped, "wait", wait)
            heartbeat.run()
    assert set(waits[True]) == {4}
    assert waits[False] == [4, 8, 16, 32, *[60] * 10]
