"""The evidence: ordered, durable line by line, the same from file and from memory."""

from pathlib import Path

import pytest

from sandbox.log import Received, SandboxLog


def received(seq: int, text: str) -> Received:
    return Received(seq, 1000 + seq, 7001, "sendMessage", 501, seq, {"text": text}, True, None, True)


def fill(log: SandboxLog) -> None:
    log.receive(received(1, "ö"))
    log.emit(1002, 7001, 90, b'{"message":{"text":"hi"}}')
    log.hand_out(1003, 7001, [90])
    log.hand_out(1004, 7001, [90])
    log.acknowledge(1005, 7001, 91)
    log.acknowledge(1006, 7001, 5)


@pytest.mark.parametrize("in_file", [False, True])
def test_what_was_written_is_read_in_order(tmp_path: Path, in_file: bool) -> None:
    log = SandboxLog(tmp_path / "log.jsonl" if in_file else None)
    fill(log)
    log.close()

    assert log.received() == [received(1, "ö")]
    (emitted,) = log.emitted()
    assert (emitted.seq, emitted.update_id, emitted.body) == (2, 90, {"message": {"text": "hi"}})
    assert log.acknowledged() == {7001: 91}
    assert [fact["seq"] for fact in log.facts(after=2)] == [3, 4, 5, 6]


def test_the_last_hand_out_counts_because_only_that_one_is_sure_to_have_been_stored() -> None:
    log = SandboxLog(None)
    fill(log)
    assert log.emitted()[0].handed_at_ms == 1004


def test_a_line_has_left_the_process_before_the_call_returns(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = SandboxLog(path)
    log.receive(received(1, "first"))
    assert path.read_bytes().count(b"\n") == 1
    log.close()


def test_a_torn_last_line_is_cut_off_and_the_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = SandboxLog(path)
    fill(log)
    log.close()
    with path.open("ab") as file:
        file.write(b'{"kind":"received","seq":7,"at_')

    again = SandboxLog(path)
    again.receive(received(again.seq + 1, "after"))
    again.close()

    assert [one.seq for one in again.received()] == [1, 7]


def test_a_closed_log_refuses_instead_of_forgetting(tmp_path: Path) -> None:
    log = SandboxLog(tmp_path / "log.jsonl")
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.acknowledge(1, 7001, 2)
