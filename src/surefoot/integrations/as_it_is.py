"""How a vendor's pydantic model holds a value of ours: as it is, neither copied nor looked into."""

from pydantic import GetPydanticSchema

AS_IT_IS = GetPydanticSchema(lambda kind, schema_of: schema_of(object))
