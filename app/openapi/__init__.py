"""The OpenAPI document: FastAPI's, completed with what it does not know and cleaned of its noise."""

from app.openapi.document import DESCRIPTION, TAGS, document, operation_id

__all__ = ["DESCRIPTION", "TAGS", "document", "operation_id"]
