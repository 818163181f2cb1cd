"""Word lists of a new workspace: key, Chinese, English. Keys are stored; an operator may change the words."""

Words = tuple[tuple[str, str, str], ...]

NOT_READY: Words = (
    ("break", "小休", "Short break"),
    ("meal", "用餐", "Meal"),
    ("training", "培训", "Training"),
    ("meeting", "会议", "Meeting"),
    ("supervisor_talk", "班长沟通", "Talk with supervisor"),
    ("case_work", "工单处理", "Work on cases"),
    ("outbound", "外呼", "Outbound calls"),
    ("device_fault", "设备故障", "Device fault"),
)
NOT_READY_BY_SYSTEM: Words = (
    ("no_answer", "未应答", "Did not answer"),
    ("connection_lost", "连接中断", "Connection lost"),
    ("logout", "下班", "Log-out"),
)
DECLINE: Words = (
    ("device_fault", "设备故障", "Device fault"),
    ("recusal", "回避", "Recusal"),
    ("skill_mismatch", "技能不符", "Not my skill"),
    ("urgent_case", "紧急工单", "Urgent case"),
)
DISPOSITION: Words = (
    ("answered", "当场答复", "Answered at once"),
    ("case_opened", "转工单", "Case opened"),
    ("merged", "并入原工单", "Added to an open case"),
    ("passed_to_department", "转接部门", "Passed to a department"),
    ("answer_later", "待后期答复", "Answer to follow"),
    ("callback_agreed", "预约回电", "Call-back agreed"),
    ("redirected", "非职责已引导", "Not ours, pointed elsewhere"),
    ("misdialled", "误拨", "Wrong number"),
    ("silent", "无声", "Silence"),
    ("harassment", "骚扰", "Harassment or spam"),
    ("citizen_hung_up", "诉求人挂断", "Citizen ended it"),
    ("line_cut", "线路中断", "Line cut"),
    ("outbound_reached", "外呼成功", "Outbound: reached"),
    ("nobody_there", "无人接", "Outbound: nobody there"),
    ("wrong_person", "非本人", "Outbound: another person"),
    ("interview_refused", "拒访", "Outbound: refused"),
)
DISPOSITION_BY_SYSTEM: Words = (
    ("not_filled_in", "未填写", "Not filled in"),
    ("answered_elsewhere", "已在别处答复", "Answered elsewhere"),
    ("withdrawn", "诉求人撤回", "Withdrawn by the citizen"),
    ("self_service", "自助办结", "Served automatically"),
    ("message_left", "已留言", "Left a message"),
)
KIND: Words = (
    ("inquiry", "咨询", "Question"),
    ("help", "求助", "Request for help"),
    ("complaint", "投诉", "Complaint"),
    ("report", "举报", "Report of misconduct"),
    ("criticism", "批评", "Criticism"),
    ("suggestion", "建议", "Suggestion"),
    ("praise", "表扬", "Praise"),
    ("application", "业务申请", "Application"),
    ("urge", "催办", "Reminder"),
    ("withdrawal", "撤诉", "Withdrawal"),
    ("invalid", "无效", "Invalid"),
)
CATEGORY: Words = (
    ("funding", "科技计划与经费", "Programmes and funding"),
    ("high_tech", "高企与研发费用", "High-tech enterprises, R&D costs"),
    ("appraisal", "成果鉴定登记", "Appraisal and registration of results"),
    ("promotion", "成果推广转化", "Promotion and transfer of results"),
    ("awards", "科技奖励", "Science awards"),
    ("contracts", "技术合同", "Technology contracts"),
    ("foreign_experts", "人才外专", "Talent and foreign experts"),
    ("integrity", "科研诚信", "Research integrity"),
    ("laboratories", "实验室与科研安全", "Laboratories and safety"),
    ("platforms", "平台载体", "Platforms and incubators"),
    ("disclosure", "信息公开", "Open information"),
    ("conduct", "作风效能", "Conduct and efficiency of staff"),
    ("system_fault", "系统故障", "System faults"),
    ("other", "其他/非职责", "Other, not our duty"),
)
CITIZEN_CLASS: Words = (
    ("resident", "市民", "Resident"),
    ("researcher", "科研人员", "Researcher"),
    ("foreign_expert", "外国专家", "Foreign expert"),
    ("high_tech", "高新技术企业", "High-tech enterprise"),
    ("small_tech", "科技型中小企业", "Small technology enterprise"),
    ("institution", "高校院所", "University or institute"),
    ("agency", "服务机构", "Service agency"),
    ("key", "重点服务对象", "Specially served"),
)

LISTS: tuple[tuple[str, Words, bool], ...] = (
    ("not_ready", NOT_READY, False),
    ("not_ready", NOT_READY_BY_SYSTEM, True),
    ("decline", DECLINE, False),
    ("disposition", DISPOSITION, False),
    ("disposition", DISPOSITION_BY_SYSTEM, True),
    ("kind", KIND, False),
    ("category", CATEGORY, False),
    ("citizen_class", CITIZEN_CLASS, False),
)
"""List, its words, and whether only the system gives them."""
