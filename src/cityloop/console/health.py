"""Whether the process lives, and whether it can serve."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers.

    Parameters
    ----------
    _request
        What is asked.

    Returns
    -------
    200, always.
    """
    return JsonResponse({"alive": True})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether the database answers and has the models of this version.

    Parameters
    ----------
    _request
        What is asked.

    Returns
    -------
    200 if so, or 503 with what is missing.
    """
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"ready": False, "missing": "the database"}, status=503)
    if missing:
        return JsonResponse({"ready": False, "missing": "migrations"}, status=503)
    return JsonResponse({"ready": True})
