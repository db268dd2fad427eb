"""The naive twin of the corridor's kernels: lists and one formula a line."""


def fill_queues(arrivals, capacity, cycles):
    waits, gone = [], []
    for comes, may in zip(arrivals, capacity, strict=True):
        queue, told = 0.0, []
        for a, c in list(zip(comes, may, strict=True)) * cycles:
            left = max(queue + a - c, 0.0)
            told.append(((queue + left) / 2, queue + a - left))
            queue = left
        last = told[len(told) - len(comes) :]
        waits.append([each[0] for each in last])
        gone.append([each[1] for each in last])
    return waits, gone


def smooth_platoon(head, share, cycles):
    last, told = sum(head) / len(head), []
    for value in list(head) * cycles:
        last = (1 - share) * last + share * value
        told.append(last)
    return told[len(told) - len(head) :]
