"""The names of all intents, shared by training data, rules and tests.

A policy question's intent is ``ask_`` + topic id; everything else is named after what the citizen wants done.
"""

from __future__ import annotations

TOPICS: tuple[str, ...] = (
    "remote_medical_filing", "remote_direct_settlement", "chronic_disease_certification",
    "chronic_disease_zone", "two_diseases", "long_prescription", "drug_delivery", "manual_reimbursement",
    "one_stop_settlement", "medical_aid", "enrollment_registration", "enrollment_info_change",
    "contribution_payment", "transfer_continuation", "rights_info_query", "social_security_card",
    "e_voucher", "family_account", "proxy_service", "personal_account_remote_payment", "home_service",
    "priority_window", "appointment_service", "nearby_service", "guide_service", "hall_facilities",
    "hall_emergency_plan", "health_code_alternative", "elder_friendly_digital", "digital_training",
    "online_channels", "cross_province_service", "video_service", "commitment_system", "one_thing_package",
    "hotline_numbers", "service_rating_complaint", "fraud_protection", "fund_fraud_report",
    "privacy_protection", "payment_reform", "designated_institution",
)  # fmt: skip

TASKS: tuple[str, ...] = (
    "book_appointment", "reschedule_appointment", "cancel_appointment", "appointment_status",
    "ask_opening_hours", "request_agent", "request_callback", "emergency", "distress", "report_scam",
    "complain", "rate_service", "bind_relative", "inform", "ask_aspect", "correct",
    "affirm", "deny", "repeat", "slower", "louder", "go_on", "greet", "thank", "goodbye", "chitchat",
    "abuse", "bot_challenge", "out_of_scope",
)  # fmt: skip

INTENTS: tuple[str, ...] = tuple(f"ask_{topic}" for topic in TOPICS) + TASKS
FALLBACK = "nlu_fallback"
