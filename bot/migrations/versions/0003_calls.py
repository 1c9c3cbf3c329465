"""telephone calls and their timelines"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('citizen', sa.Column('speech_volume', sa.Double(), nullable=False, server_default='1.0'))
    op.add_column('agent', sa.Column('phone', sa.Text(), nullable=True))
    op.add_column('escalation', sa.Column('line', sa.String(length=8), nullable=True))
    op.create_table('call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.String(length=128), nullable=False),
    sa.Column('leg_kind', sa.String(length=16), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=True),
    sa.Column('caller', sa.Text(), nullable=False),
    sa.Column('caller_index', sa.String(length=64), nullable=False),
    sa.Column('called', sa.String(length=64), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=24), nullable=True),
    sa.Column('agent_id', sa.Integer(), nullable=True),
    sa.Column('transferred_to', sa.Text(), nullable=True),
    sa.Column('recording', sa.String(length=64), nullable=True),
    sa.Column('recording_seconds', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agent.id'], ),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('call_id')
    )
    with op.batch_alter_table('call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_call_caller_index'), ['caller_index'], unique=False)
        batch_op.create_index('ix_call_conversation', ['conversation_id'], unique=False)
        batch_op.create_index('ix_call_open', ['ended_at', 'seen_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_call_started_at'), ['started_at'], unique=False)

    op.create_table('call_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('data', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('call_event', schema=None) as batch_op:
        batch_op.create_index('ix_call_event_call', ['call_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('call_event')
    op.drop_table('call')
    op.drop_column('escalation', 'line')
    op.drop_column('agent', 'phone')
    op.drop_column('citizen', 'speech_volume')
