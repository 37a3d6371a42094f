"""Scrapy project settings, each with its reason. ``scrapy.cfg`` points here.

Times are seconds, sizes bytes. Settings that begin with ``ICPCRAWL_`` are ours; the command
line sets them, ``scrapy crawl homepage -s NAME=VALUE`` may.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from icpcrawl import __version__
from icpcrawl.crawl.unpack import ACCEPTED

BOT_NAME = "icpcrawl"
SPIDER_MODULES = ["icpcrawl.crawl.spiders"]

# An honest name with a contact, so that a site's operator can ask what this is: put a mail
# address or a page there (ICPCRAWL_CONTACT in the environment).
CONTACT = " ".join(os.environ.get("ICPCRAWL_CONTACT", "filing audit on behalf of the site's owner").split())
USER_AGENT = f"Mozilla/5.0 (compatible; icpcrawl/{__version__}; +{CONTACT[:120]})"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # Without it group sites serve an English page that has no footer number.
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": ACCEPTED,
}

# The network -------------------------------------------------------------------------------
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
# A tenth less CPU where it can be had; Windows has none.
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if find_spec("uvloop") else None
# The guard. Replaces DNS_RESOLVER; a spider's custom_settings cannot reach it.
TWISTED_DNS_RESOLVER = "icpcrawl.crawl.names.GuardedResolver"
DOWNLOAD_HANDLERS = {
    "http": "icpcrawl.crawl.handler.HomepageHandler",
    "https": "icpcrawl.crawl.handler.HomepageHandler",
    # A redirect must not read this machine's files.
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
# Who speaks HTTP on the guarded connection: "own", or "http11", Scrapy's handler (docs/decisions/0010).
ICPCRAWL_DOWNLOAD_HANDLER = os.environ.get("ICPCRAWL_DOWNLOAD_HANDLER", "own")
# An http_proxy in the environment would resolve names itself and so pass by the guard.
HTTPPROXY_ENABLED = False

ICPCRAWL_NAMESERVERS: list[str] = []
ICPCRAWL_VANTAGES: list[str] = []
# Those of data/resolvers.csv honour a client subnet; they learn which names are asked.
ICPCRAWL_PUBLIC_RESOLVERS = True
ICPCRAWL_CONNECT_TO: list[str] = []
ICPCRAWL_ALLOW_PRIVATE = False
ICPCRAWL_CA_FILE = ""
# Kind to shared hosting: a thousand brands often live behind one address.
ICPCRAWL_REQUESTS_PER_ADDRESS = 8
# All rungs of one site's ladder together; the slow lane is for those that failed in passing.
ICPCRAWL_SITE_SECONDS = 30.0
ICPCRAWL_SLOW_SITE_SECONDS = 60.0

# A run in which no site comes a step further for so long is ended, saved and resumable.
ICPCRAWL_STALLED_SECONDS = 600.0

# How much at once --------------------------------------------------------------------------
CONCURRENT_REQUESTS = 100
# All sites share one downloader slot: a slot per host lives a minute and costs 1.4 KB.
CONCURRENT_REQUESTS_PER_DOMAIN = CONCURRENT_REQUESTS
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0.0
# The default of 100 starts a hundred tasks per response: 38 % more CPU (scrapy issue 5182).
CONCURRENT_ITEMS = 1

# Limits ------------------------------------------------------------------------------------
# 5 MB: the largest real homepage in the sample has 2.4 MB; above it a page is never judged.
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
REDIRECT_MAX_TIMES = 10

# What is decided here and nowhere else -----------------------------------------------------
# The ladder and the slow lane are our retries; Scrapy's would ask dead names again at once.
RETRY_ENABLED = False
# Error pages are evidence. (handle_httpstatus_all would also stop redirects.)
HTTPERROR_ALLOW_ALL = True
# Decodes every page a second time; the spider follows a refresh by itself.
METAREFRESH_ENABLED = False
# With its defaults the middleware's suffix list is fetched over the network.
COOKIES_ENABLED = False
# The handler unpacks: the middleware passes on a body that was cut as if it were whole.
COMPRESSION_ENABLED = False
ROBOTSTXT_OBEY = False
# No page is told where its visitor came from. (Switched off altogether, each run's log says so twice.)
REFERRER_POLICY = "no-referrer"
DEPTH_STATS_VERBOSE = False
ITEM_PIPELINES = {
    "icpcrawl.crawl.pipelines.Locate": 100,
    "icpcrawl.crawl.pipelines.Judge": 200,
    "icpcrawl.crawl.pipelines.Keep": 300,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
# Every request says dont_filter: the filter would only remember.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# Nothing listens, nothing phones home ------------------------------------------------------
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
EXTENSIONS = {
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
}
LOG_LEVEL = "WARNING"
LOG_FORMATTER = "icpcrawl.crawl.log.QuietFormatter"
FEED_EXPORT_ENCODING = "utf-8"
