"""For the record: the same event through Django REST Framework, written the usual way; gunicorn serves it.

It has no authentication, and its serializer checks less than Leeway does; it needs an environment of its own.
"""
# mypy: disable-error-code="import-not-found,import-untyped,misc,no-any-return,untyped-decorator"
# ruff: noqa: D101, D102, D106, E402 - Django wants its settings before its parts are imported

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

URL = urlsplit(os.environ["BENCHMARK_DATABASE_URL"])
SQLITE = URL.scheme.startswith("sqlite")
DATABASE = (
    {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(URL.path[1:])),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous=FULL", "timeout": 20},
    }
    if SQLITE
    else {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": URL.path[1:],
        "USER": URL.username,
        "HOST": parse_qs(URL.query)["host"][0],
    }
)
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {**DATABASE, "CONN_MAX_AGE": None}},
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    TIME_ZONE="UTC",
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import models, transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import generics, serializers

WORKSPACE = 1


class Micros(models.BigIntegerField):
    """An instant as Leeway's SQLite databases hold it."""

    def get_prep_value(self, value: Any) -> Any:
        return int(value.timestamp() * 1_000_000)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return datetime.fromtimestamp(value / 1_000_000, UTC)


Instant = Micros if SQLITE else models.DateTimeField


class Plan(models.Model):
    pk = models.CompositePrimaryKey("workspace_id", "plan_id")
    workspace_id = models.IntegerField()
    plan_id = models.UUIDField()
    key = models.CharField(max_length=100)
    last_sequence = models.BigIntegerField()
    last_recorded_at = Instant()

    class Meta:
        app_label, db_table, managed = "benchmark", "plans", False


class Milestone(models.Model):
    pk = models.CompositePrimaryKey("workspace_id", "plan_id", "key", "from_revision")
    workspace_id = models.IntegerField()
    plan_id = models.UUIDField()
    key = models.CharField(max_length=100)
    from_revision = models.IntegerField()

    class Meta:
        app_label, db_table, managed = "benchmark", "milestones", False


class Event(models.Model):
    pk = models.CompositePrimaryKey("workspace_id", "plan_id", "sequence")
    workspace_id = models.IntegerField()
    plan_id = models.UUIDField()
    sequence = models.BigIntegerField()
    source = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=40)
    milestone = models.CharField(max_length=100)
    occurred_at = Instant()
    recorded_at = Instant()
    actor = models.CharField(max_length=200)
    data = models.TextField()

    class Meta:
        app_label, db_table, managed = "benchmark", "events", False


class EventSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="event_id", max_length=200)
    data = serializers.JSONField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Event
        fields = ("sequence", "source", "id", "type", "milestone", "occurred_at", "recorded_at", "actor", "data")
        read_only_fields = ("sequence",)


class RecordEvent(generics.CreateAPIView):
    serializer_class = EventSerializer

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        plans = Plan.objects.select_for_update().filter(workspace_id=WORKSPACE)
        plan = get_object_or_404(plans, key=self.kwargs["plan"])
        name = {"workspace_id": WORKSPACE, "source": given["source"], "event_id": given["event_id"]}
        if Event.objects.filter(**name).exists():
            raise serializers.ValidationError("It is recorded already.")
        milestones = Milestone.objects.filter(workspace_id=WORKSPACE, plan_id=plan.plan_id)
        if not milestones.filter(key=given["milestone"]).exists():
            raise serializers.ValidationError("There is no such milestone.")
        plan.last_sequence += 1
        plan.last_recorded_at = datetime.now(UTC)
        serializer.save(
            workspace_id=WORKSPACE,
            plan_id=plan.plan_id,
            sequence=plan.last_sequence,
            recorded_at=plan.last_recorded_at,
            data=json.dumps(given["data"]),
        )
        plan.save(update_fields=["last_sequence", "last_recorded_at"])


urlpatterns = [path("v1/plans/<str:plan>/events", RecordEvent.as_view())]
application = get_wsgi_application()
