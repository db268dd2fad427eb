"""One writer at a time, for all who have come meanwhile."""

import time
from threading import Barrier, Thread

from cityloop.usecases.cases.together import Together


def test_whoever_comes_meanwhile_is_written_together_and_a_fault_stays_with_its_own():
    groups: list[list[int]] = []
    begun, go = Barrier(2), Barrier(2)

    def write(wishes):
        if not groups:
            groups.append(list(wishes))
            begun.wait()
            go.wait()
            return [each * 10 for each in wishes]
        groups.append(list(wishes))
        if 3 in wishes:
            raise ValueError(wishes)
        return [each * 10 for each in wishes]

    together: Together[int, int] = Together(write, 4)
    told: dict[int, object] = {}

    def wish(each: int) -> None:
        try:
            told[each] = together(each)
        except ValueError as error:
            told[each] = error.args[0]

    threads = [Thread(target=wish, args=(each,)) for each in range(10)]
    threads[0].start()
    begun.wait()
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting) < 9:
        time.sleep(0.001)
    go.wait()
    for thread in threads:
        thread.join()
    assert told == {each: [3] if each == 3 else each * 10 for each in range(10)}
    assert groups[0] == [0]
    assert max(len(group) for group in groups) == 4
    assert together(11) == 110
