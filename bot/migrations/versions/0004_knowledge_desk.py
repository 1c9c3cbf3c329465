"""knowledge desk: versions, gaps, keys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('hint', sa.String(length=12), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key_hash'),
    sa.UniqueConstraint('name')
    )
    op.create_table('gap_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sample', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=True),
    sa.Column('region', sa.String(length=6), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('entry_id', sa.String(length=96), nullable=True),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('gap_group', schema=None) as batch_op:
        batch_op.create_index('ix_gap_group_status', ['status', 'last_at'], unique=False)

    op.create_table('policy_file',
    sa.Column('entry_id', sa.String(length=96), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('conflict', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('entry_id')
    )
    op.create_table('policy_revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('policy_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.String(length=96), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=True),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('published_of', sa.String(length=96), nullable=True),
    sa.Column('open_of', sa.String(length=96), nullable=True),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('base_hash', sa.String(length=64), nullable=True),
    sa.Column('origin', sa.String(length=96), nullable=False),
    sa.Column('author', sa.String(length=64), nullable=False),
    sa.Column('editors', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reviewer', sa.String(length=64), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('published_by', sa.String(length=64), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('entry_id', 'number'),
    sa.UniqueConstraint('open_of'),
    sa.UniqueConstraint('published_of')
    )
    with op.batch_alter_table('policy_version', schema=None) as batch_op:
        batch_op.create_index('ix_policy_version_hash', ['entry_id', 'content_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_policy_version_topic'), ['topic'], unique=False)

    op.create_table('trusted_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('added_by', sa.String(length=64), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name'),
    sa.UniqueConstraint('public_key')
    )
    op.create_table('knowledge_gap',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=False),
    sa.Column('topic', sa.String(length=64), nullable=True),
    sa.Column('region', sa.String(length=6), nullable=True),
    sa.Column('intent', sa.String(length=64), nullable=True),
    sa.Column('confidence', sa.Double(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['gap_group.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('knowledge_gap', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_knowledge_gap_at'), ['at'], unique=False)
        batch_op.create_index('ix_knowledge_gap_group', ['group_id', 'id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('knowledge_gap', schema=None) as batch_op:
        batch_op.drop_index('ix_knowledge_gap_group')
        batch_op.drop_index(batch_op.f('ix_knowledge_gap_at'))

    op.drop_table('knowledge_gap')
    op.drop_table('trusted_key')
    with op.batch_alter_table('policy_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_policy_version_topic'))
        batch_op.drop_index('ix_policy_version_hash')

    op.drop_table('policy_version')
    op.drop_table('policy_revision')
    op.drop_table('policy_file')
    with op.batch_alter_table('gap_group', schema=None) as batch_op:
        batch_op.drop_index('ix_gap_group_status')

    op.drop_table('gap_group')
    op.drop_table('api_key')
