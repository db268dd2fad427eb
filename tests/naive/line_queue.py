"""A queue at a stop line in small steps of time, as anyone would let it run."""

STEP_S = 0.01


def run_queue(
    events: list[tuple[float, str]], rate_veh_s: float, loss_s: float
) -> list[tuple[float, float, float, float, int, float]]:
    """Give (green begin, queue then, most, left, arrivals, delay in all) of every cycle."""
    rows = []
    state, green_s, queue, area, arrivals, most, at_green = "", 0.0, 0.0, 0.0, 0, 0.0, 0.0
    now = 0
    for time_s, what in sorted(events):
        until = round(time_s / STEP_S)
        for step in range(now, until):
            if not state:
                break
            area += queue * STEP_S
            if state == "green" and (step + 0.5) * STEP_S > green_s + loss_s:
                gone = min(queue, rate_veh_s * STEP_S)
                area -= gone * STEP_S / 2
                queue -= gone
        now = until
        if what == "arrival":
            moving = state == "green" and time_s >= green_s + loss_s and queue <= 1e-9
            queue += state != "" and not moving
            arrivals += 1
            most = max(most, queue)
        elif what == "green":
            state, green_s, at_green = "green" if state else "", time_s, queue
        elif what == "red":
            if state == "green":
                rows.append((green_s, at_green, most, queue, arrivals, area))
            state, area, arrivals, most = "red", 0.0, 0, queue
    return rows
