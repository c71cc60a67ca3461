"""`token`: a development token for a person in the database."""

import click

from commands.database import ready, settings_usable
from db.access import as_application
from db.migrate import connect
from domain.identity.choice import local_issuer_for
from settings import Settings


def token(settings: Settings, email: str) -> str:
    """A token for the person with this address. Raises click.ClickException when there is none, or with Cognito."""
    if settings.cognito_issuer:
        raise click.ClickException(
            "Development tokens are refused because COGNITO_ISSUER is set. Sign in to the user pool instead."
        )
    with ready(settings) as place, connect(as_application(place.application)) as connection:
        connection.execute("select set_system()")
        found = connection.execute("select cognito_sub from users where email = %s", [email.strip().lower()]).fetchone()
    if found is None:
        raise click.ClickException(f"There is nobody with the address {email}.")
    subject: str = found[0]
    with settings_usable():
        return local_issuer_for(data_dir=settings.study_data_dir).issue(subject)
