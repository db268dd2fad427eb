"""The public Python face: what the commands do, as functions, and the records that they give.

Nothing else of the package is promised to stay. docs/python.md shows how to use it.
"""

from cityloop.circle.competition import Competition
from cityloop.circle.gaps import Status, TypeGaps
from cityloop.circle.narrow import Choice
from cityloop.circle.picture import (
    Change,
    Picture,
    count_type,
    lacks_domain,
    spread_of_access,
)
from cityloop.circle.standard import FacilityType, Standard
from cityloop.city.errors import InputError
from cityloop.city.network import Network
from cityloop.city.people import Homes
from cityloop.city.places import Places, ServiceItem
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.city.survey import Survey
from cityloop.city.ways import Ways
from cityloop.feeds.circle_columns import area_columns, home_columns, place_columns
from cityloop.feeds.standards import read_standard
from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.runs import Run
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.plan.mode import Mode
from cityloop.usecases.change_survey import compare_circles
from cityloop.usecases.change_survey import read_scenario as read_circle_scenario
from cityloop.usecases.check_plan import check_plans, check_shipped
from cityloop.usecases.compare_controls import (
    Comparison,
    compare_controls,
    list_orders,
    save_comparison,
)
from cityloop.usecases.draw_circle import Question, UnknownHours, draw_circle
from cityloop.usecases.estimate_road import RoadOrder, estimate_road
from cityloop.usecases.explain_decision import explain_decision
from cityloop.usecases.fetch_dataset import fetch_dataset
from cityloop.usecases.find_bands import BandOrder, BandPlans, find_band_plans
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.go_there import Answer, answer_json, answer_lines, go_there
from cityloop.usecases.inspect_scenario import inspect_scenario
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.measure_signals import MeasureRules, measure_signals
from cityloop.usecases.open_circle import (
    open_question,
    save_areas,
    save_homes,
    save_places,
    save_report,
    save_survey,
)
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.open_survey import open_survey
from cityloop.usecases.opened_city import City
from cityloop.usecases.plan_network import NetworkPlan, PlanOrder, plan_network, save_plan
from cityloop.usecases.retime_signals import retime_signals
from cityloop.usecases.run_orders import run_orders
from cityloop.usecases.site_places import (
    Candidates,
    Method,
    Sited,
    get_type,
    read_candidates,
    site_places,
    write_sites,
)

__all__ = [
    "Answer",
    "BandOrder",
    "BandPlans",
    "Candidates",
    "Change",
    "Choice",
    "City",
    "Comparison",
    "Competition",
    "Difference",
    "FacilityType",
    "Homes",
    "InputError",
    "MeasureRules",
    "Method",
    "Mode",
    "Network",
    "NetworkPlan",
    "Picture",
    "Places",
    "Plan",
    "PlanOrder",
    "Question",
    "RoadOrder",
    "Run",
    "RunOrder",
    "SafetyTable",
    "Scenario",
    "Sensing",
    "ServiceItem",
    "Signals",
    "Sited",
    "Standard",
    "Status",
    "Survey",
    "TypeGaps",
    "UnknownHours",
    "Ways",
    "answer_json",
    "answer_lines",
    "area_columns",
    "check_plans",
    "check_shipped",
    "compare_circles",
    "compare_controls",
    "count_type",
    "draw_circle",
    "estimate_road",
    "explain_decision",
    "fetch_dataset",
    "find_band_plans",
    "find_scenario",
    "get_type",
    "go_there",
    "home_columns",
    "inspect_scenario",
    "lacks_domain",
    "list_orders",
    "measure_signals",
    "open_city",
    "open_question",
    "open_survey",
    "place_columns",
    "plan_network",
    "read_candidates",
    "read_circle_scenario",
    "read_standard",
    "retime_signals",
    "run_orders",
    "save_areas",
    "save_comparison",
    "save_homes",
    "save_places",
    "save_plan",
    "save_report",
    "save_survey",
    "site_places",
    "spread_of_access",
    "write_sites",
]
