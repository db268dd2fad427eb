"""The log of frames: what was kept comes back, also after a torn end; the oldest goes."""

import pytest

from cityloop.city.errors import InputError
from cityloop.store.frame_log import SEGMENT_FRAMES, FrameLog


def test_frames_come_back_by_number_and_after_a_restart(tmp_path):
    log = FrameLog(tmp_path)
    assert (log.first, log.last, log.read(1)) == (1, 0, None)
    assert [log.append(b"frame %d" % i) for i in range(1, 6)] == [1, 2, 3, 4, 5]
    assert log.read(3) == b"frame 3"
    log.close()
    again = FrameLog(tmp_path)
    assert (again.first, again.last, again.read(5)) == (1, 5, b"frame 5")
    assert again.append(b"six") == 6
    assert again.read(6) == b"six"
    assert again.read(7) is None


@pytest.mark.parametrize("cut", [1, 5, 9])
def test_a_torn_end_is_cut_off(tmp_path, cut):
    log = FrameLog(tmp_path)
    for i in range(3):
        log.append(b"frame %d" % i)
    log.close()
    (path,) = tmp_path.glob("*.frames")
    path.write_bytes(path.read_bytes()[:-cut])
    again = FrameLog(tmp_path)
    assert again.last == 2
    assert again.append(b"new") == 3
    assert [again.read(n) for n in (1, 2, 3)] == [b"frame 0", b"frame 1", b"new"]


def test_a_changed_byte_is_noticed(tmp_path):
    log = FrameLog(tmp_path)
    for i in range(3):
        log.append(b"frame %d" % i)
    log.close()
    (path,) = tmp_path.glob("*.frames")
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    assert FrameLog(tmp_path).last == 2


def test_the_oldest_segments_go(tmp_path):
    log = FrameLog(tmp_path, kept=SEGMENT_FRAMES)
    for i in range(1, 3 * SEGMENT_FRAMES + 1):
        log.append(b"%d" % i)
    assert log.first == SEGMENT_FRAMES + 1
    assert log.read(SEGMENT_FRAMES) is None
    assert log.read(log.first) == b"%d" % log.first
    assert len(list(tmp_path.glob("*.frames"))) == 2


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="frames cannot be kept here"):
        FrameLog(tmp_path / "file" / "below")
