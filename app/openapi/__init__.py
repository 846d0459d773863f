"""The OpenAPI document: FastAPI's, completed with what it does not know and cleaned of its noise."""

from app.openapi.document import document, operation_id
from app.openapi.info import DESCRIPTION, TAGS

__all__ = ["DESCRIPTION", "TAGS", "document", "operation_id"]
