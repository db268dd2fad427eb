"""Mixed-integer programs through HiGHS: an answer and the bound that it proves."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from cityloop.city.ways import Bools, Floats

if TYPE_CHECKING:
    from highspy import Highs


class Program(NamedTuple):
    """Minimise `cost @ x` with `low <= rows @ x <= high` and `0 <= x <= most`.

    Attributes
    ----------
    cost, most
        (columns,) of each variable.
    whole
        (columns,) whether it is a whole number.
    rows
        (rows, columns) the constraints.
    low, high
        (rows,) their bounds.
    """

    cost: Floats
    most: Floats
    whole: Bools
    rows: csr_array
    low: Floats
    high: Floats


class Solved(NamedTuple):
    """What HiGHS found.

    Attributes
    ----------
    x
        (columns,) the answer; empty if none was found.
    bound
        No answer costs less than this.
    feasible
        False if it is proven that there is no answer.
    """

    x: Floats
    bound: float
    feasible: bool


def solve(program: Program, limit_s: float) -> Solved:
    """Solve a program, or come as far as the time allows.

    Parameters
    ----------
    program
        The program.
    limit_s
        How long HiGHS may take. [s]

    Returns
    -------
    The best answer and the proven bound.
    """
    import highspy  # noqa: PLC0415  heavy, and not for who asks for reach alone

    highs = _load(program, limit_s)
    highs.setOptionValue("mip_rel_gap", 1e-9)
    highs.run()
    info = highs.getInfo()
    none = highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(highs.getSolution().col_value) if found and not none else np.zeros(0)
    # Where it is done, its dual bound may still stand at an earlier one.
    done = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = info.objective_function_value if done else info.mip_dual_bound
    return Solved(x=x, bound=float(bound), feasible=not none)


def prices(program: Program, limit_s: float) -> Floats:
    """Give what the rows of a linear program are worth, by an interior point.

    Parameters
    ----------
    program
        The program; that some variables are whole numbers is left aside.
    limit_s
        How long HiGHS may take. [s]

    Returns
    -------
    (rows,) their dual values; 0 if the time ran out.
    """
    import highspy  # noqa: PLC0415

    highs = _load(program._replace(whole=np.zeros(len(program.cost), bool)), limit_s)
    highs.setOptionValue("solver", "ipm")
    highs.setOptionValue("run_crossover", "off")
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.zeros(program.rows.shape[0])
    return np.array(highs.getSolution().row_dual)


def _load(program: Program, limit_s: float) -> "Highs":
    """Hand a program to HiGHS."""
    import highspy  # noqa: PLC0415

    n = len(program.cost)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, program.rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, np.zeros(n), program.most
    lp.row_lower_, lp.row_upper_ = program.low, program.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.rows.indptr.astype(np.int32)
    lp.a_matrix_.index_ = program.rows.indices.astype(np.int32)
    lp.a_matrix_.value_ = program.rows.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(each)] for each in program.whole]
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)  # noqa: FBT003  it takes no keywords
    highs.setOptionValue("time_limit", limit_s)
    highs.setOptionValue("threads", 1)
    highs.passModel(lp)
    return highs
