"""Made-up companies for the sample sites. Any likeness to a real one is chance."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """What a homepage tells of its owner."""

    name: str
    """Legal name, as the © line and the filing have it."""
    brand: str
    english: str
    trade: str
    """Key of ``TRADES``."""
    city: str
    area_code: str
    founded: int


TRADES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "valves": (
        "工业阀门与流体控制",
        (
            "不锈钢球阀",
            "电动蝶阀",
            "高温截止阀",
            "气动调节阀",
            "旋启式止回阀",
            "衬氟隔膜阀",
            "波纹管闸阀",
            "安全泄放阀",
        ),
        ("石油化工", "城市供水", "热电联产", "船舶制造", "精细化工", "污水处理"),
    ),
    "software": (
        "企业数字化管理软件",
        (
            "生产执行系统",
            "仓储管理系统",
            "设备点检平台",
            "能耗监测平台",
            "质量追溯系统",
            "供应链协同平台",
            "低代码开发工具",
        ),
        ("离散制造", "食品饮料", "汽车零部件", "纺织服装", "电子装配", "现代物流"),
    ),
    "food": (
        "调味品与休闲食品",
        (
            "古法酱油",
            "纯粮香醋",
            "花椒调味油",
            "火锅底料",
            "手工辣椒酱",
            "冻干果蔬脆",
            "五香豆腐干",
            "桂花糯米藕",
        ),
        ("餐饮连锁", "商超渠道", "团餐供应", "社区零售", "出口贸易"),
    ),
    "furniture": (
        "办公与酒店家具",
        ("升降办公桌", "人体工学椅", "实木会议台", "酒店套房家具", "静音隔断舱", "钢制文件柜", "软体沙发"),
        ("写字楼", "星级酒店", "学校图书馆", "医院诊区", "联合办公"),
    ),
    "logistics": (
        "仓储与城市配送",
        ("冷链干线", "同城急送", "保税仓储", "大件入户", "退货质检", "跨境专线", "整车直达"),
        ("生鲜电商", "家电售后", "医药流通", "服装快反", "汽配分销"),
    ),
    "machines": (
        "包装机械与智能产线",
        ("立式包装机", "高速贴标机", "装箱码垛线", "灌装旋盖机", "视觉检测台", "真空封口机", "热收缩膜机"),
        ("乳品", "日化", "调味品", "休闲零食", "宠物食品"),
    ),
    "energy": (
        "光伏与储能系统",
        ("组串式逆变器", "户用储能柜", "光伏支架", "直流汇流箱", "充电桩模块", "微网控制器", "液冷电池舱"),
        ("工商业屋顶", "农光互补", "高速服务区", "产业园区", "海岛供电"),
    ),
    "textile": (
        "功能面料与家用纺织",
        ("抗菌针织布", "阻燃工装面料", "竹纤维毛巾", "再生涤纶纱", "遮光窗帘", "可水洗羊毛被", "凉感床品"),
        ("户外品牌", "劳保用品", "酒店布草", "母婴用品", "外贸订单"),
    ),
}
"""Trade → (what it is called, products, who buys)."""

_VERBS = ("顺利通过", "圆满完成", "正式启动", "持续推进", "全面升级", "成功举办")
_TOPICS = (
    "年度质量管理体系审核",
    "春季新品发布会",
    "华东区经销商大会",
    "智能车间二期建设",
    "员工技能比武大赛",
    "绿色工厂示范评选",
    "客户满意度回访",
    "安全生产月专项检查",
    "校企联合实验室揭牌仪式",
    "ERP 系统切换上线",
    "省级企业技术中心复评",
    "出口欧盟首批订单交付",
)
_SENTENCES = (
    "{brand}坚持以客户需求为中心，围绕{trade}持续投入研发，现有各类专业技术人员{people}余人。",
    "公司总部位于{city}，厂区占地{acres}亩，拥有{lines}条自动化生产线，年产能居行业前列。",
    "产品广泛应用于{buyers}等领域，并已服务全国{customers}多家客户。",
    "依托完善的售前、售中、售后服务体系，我们承诺{hours}小时内响应，{days}天内到场处理。",
    "企业先后通过 ISO 9001、ISO 14001 与 ISO 45001 体系认证，累计获得专利{patents}项，其中发明专利{inventions}项。",
    "未来，{brand}将继续秉持“诚信、务实、创新、共赢”的理念，与合作伙伴共同成长。",
)


class Prose:
    """Text of a company's homepage, the same for the same company every time."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.trade, self.products, self.buyers = TRADES[company.trade]
        self._dice = random.Random(company.name)

    def paragraph(self) -> str:
        """One paragraph of company introduction."""
        dice = self._dice
        facts = {
            "brand": self.company.brand,
            "trade": self.trade,
            "city": self.company.city,
            "buyers": "、".join(dice.sample(self.buyers, 3)),
            "people": dice.randrange(80, 900),
            "acres": dice.randrange(20, 300),
            "lines": dice.randrange(3, 24),
            "customers": dice.randrange(3, 60) * 100,
            "hours": dice.choice((2, 4, 8)),
            "days": dice.choice((1, 2, 3)),
            "patents": dice.randrange(20, 180),
            "inventions": dice.randrange(3, 20),
        }
        return "".join(sentence.format(**facts) for sentence in dice.sample(_SENTENCES, 4))

    def headline(self) -> tuple[str, str]:
        """A news headline and its date."""
        dice = self._dice
        year, month, day = dice.randrange(2021, 2026), dice.randrange(1, 13), dice.randrange(1, 29)
        title = f"{self.company.brand}{dice.choice(_VERBS)}{dice.choice(_TOPICS)}"
        return title, f"{year}-{month:02d}-{day:02d}"

    def product(self) -> tuple[str, str]:
        """A product and its type number."""
        dice = self._dice
        letters = "".join(dice.choices("ABDFGHJKLQTWZ", k=dice.randrange(2, 4)))
        return dice.choice(self.products), f"{letters}{dice.randrange(11, 99)}-{dice.randrange(10, 650)}"

    def phone(self) -> str:
        return f"{self.company.area_code}-{self._dice.randrange(61000000, 89999999)}"

    def mobile(self) -> str:
        return f"1{self._dice.choice((35, 37, 38, 58, 59, 86, 87, 89))}{self._dice.randrange(10000000, 99999999)}"

    def decoy(self) -> str:
        """A number that is no filing: what homepages are full of."""
        dice = self._dice
        return dice.choice(
            (
                f"服务热线：400-{dice.randrange(600, 899)}-{dice.randrange(1000, 9999)}",
                f"专利号：ZL {dice.randrange(2014, 2025)} 2 0{dice.randrange(100000, 999999)}.{dice.randrange(9)}",
                f"QQ：{dice.randrange(28000000, 2899999999)}",
                f"统一社会信用代码：9133{dice.randrange(1000, 1999)}MA2{dice.randrange(10, 99)}X{dice.randrange(1000, 9999)}",
                f"ISBN 978-7-{dice.randrange(100, 599)}-{dice.randrange(10000, 99999)}-{dice.randrange(9)}",
                f"执行标准：GB/T {dice.randrange(1000, 39999)}-{dice.randrange(2008, 2023)}",
                f"订单编号示例：SO{dice.randrange(2020, 2026)}{dice.randrange(10000000, 99999999)}",
            )
        )
