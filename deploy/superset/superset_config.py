"""Settings of Apache Superset for ipsdata: one user's own server, reached from this machine only.

`serve.py` sets SUPERSET_CONFIG_PATH to this file, and SUPERSET_HOME to the folder of the server's
own database, its secret key and the password of `admin`. Nothing here names a machine.
"""

import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])

SECRET_KEY = (HOME / "secret_key").read_text("ascii")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"

# Cookies do not know ports: another Superset on this machine must not sign this one's user out.
SESSION_COOKIE_NAME = "ipsdata_superset"
SESSION_COOKIE_SAMESITE = "Strict"

# A chart asks DuckDB each time: after a publication it shows the new release, never a kept answer.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# One user who signs in by hand: limits are counted in this process, which needs no other server.
RATELIMIT_STORAGE_URI = "memory://"

LOG_LEVEL = "WARNING"

# A browser may fetch from this server only. Superset's pages otherwise tell its makers of each view
# (an image of scarf.sh), for which the built pages have no switch.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
