"""Rails with Devise, from the distribution's packages: `User` with every module's columns, `Admin` as generated."""

from __future__ import annotations

import re

from stagecopy.model.server import Address
from tests.acceptance.frameworks.project import Project, needed

_LEFT_OUT = [
    "action-mailbox", "action-text", "active-storage", "action-cable", "sprockets", "spring", "listen", "javascript",
    "test", "bootsnap", "puma", "bundle", "git", "keeps",
]  # fmt: skip
_GEMS = "%w[railties activerecord actionmailer pg devise].each { |name| gem name }\n"
_OFF = re.compile(r"^(\s+)# (t\.|add_index)", re.MULTILINE)
_FILL = """
hidden = []
JSON.parse(File.read(ENV["PEOPLE"])).each do |person|
  email, ip, secret = person.values_at("email", "ip", "secret")
  user = User.create!(email: email, password: secret, unconfirmed_email: "new.#{email}", provider: "google",
    uid: person["uid"], current_sign_in_ip: ip, last_sign_in_ip: ip, current_sign_in_at: Time.now,
    last_sign_in_at: 2.days.ago, sign_in_count: 9, confirmed_at: Time.now, confirmation_sent_at: Time.now,
    confirmation_token: "confirm.#{secret}", unlock_token: "unlock.#{secret}", locked_at: Time.now, failed_attempts: 4)
  user.remember_me!
  user.send(:set_reset_password_token)
  admin = Admin.create!(email: "boss.#{email}", password: secret)
  admin.send(:set_reset_password_token)
  hidden += [user, admin].flat_map { |each| [each.email, each.encrypted_password, each.reset_password_token] }
  hidden += [user.unconfirmed_email, user.confirmation_token, user.unlock_token, ip]
end
puts JSON.dump(hidden)
"""
_READ = """
people = JSON.parse(File.read(ENV["PEOPLE"]))
puts JSON.dump(User.order(:id).zip(people).map { |user, person| {
  found: User.find_for_authentication(email: user.email) == user,
  signed_in: user.valid_password?(person["secret"]),
  in_order: user.last_sign_in_at < user.current_sign_in_at,
  count: user.sign_in_count, failed: user.failed_attempts, provider: user.provider,
} })
"""


class Devise(Project):
    """One project."""

    def build(self) -> None:
        """Start an application, let Devise generate its models, migrate."""
        needed("rails", "bundle")
        self.run("rails", "new", "shop", "--api", "-q", "-d", "postgresql", *(f"--skip-{each}" for each in _LEFT_OUT))
        self.write("shop/Gemfile", _GEMS)
        for words in (("devise:install",), ("devise", "User"), ("devise", "Admin")):
            self._rails("generate", *words, "-q")
        [migration] = (self.folder / "shop" / "db" / "migrate").glob("*_devise_create_users.rb")
        migration.write_text(_OFF.sub(r"\1\2", migration.read_text()))  # all modules, as its comments offer them
        self._rails("generate", "migration", "AddOmniauthToUsers", "provider:string", "uid:string", "-q")
        self._rails("db:migrate")

    def fill(self) -> str:
        """Users and admins through the models; says what else is secret."""
        return self._rails("runner", str(self.write("fill.rb", _FILL)))

    def read(self, at: Address) -> str:
        """What Devise makes of a copy."""
        return self._rails("runner", str(self.write("read.rb", _READ)), DATABASE_URL=at.url)

    def _rails(self, *words: str, **environ: str) -> str:
        return self.run("bundle", "exec", "rails", *words, within="shop", RAILS_ENV="development", **environ)
